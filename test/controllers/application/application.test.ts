import { expect } from 'chai';
import { application } from '../../../controllers/application/index.ts';
import { Stage, talk, two } from './support.ts';

const id = 'default/shop';

describe('the application controller', () => {
  it('brings up the talk’s Application Blueprint 1, as it stands on the slide', async () => {
    const stage = await Stage.withCloud();
    await stage.apply(id, talk('slide-29-blueprint-1.yaml'));
    expect(Object.keys(await stage.all('containers'))).to.deep.equal([
      'default/shop/dnmonster-service-0',
      'default/shop/redis-service-0',
    ]);
    expect(await stage.all('networkclaims')).to.deep.equal({
      'default/shop/default': {
        uid: (await stage.all('accepted/applications'))[id]?.uid,
        cloud: 'my-docker-cloud',
        containers: 3,
      },
    });
    expect(await stage.status(id)).to.deep.include({
      phase: 'Pending',
      containers: { wanted: 3, assigned: 0, running: 0 },
    });
    expect((await stage.condition(id, 'Ready'))?.message).to.contain(
      'app-service waits for redis-service, dnmonster-service',
    );

    await stage.others();
    const { env } = (await stage.all('containers'))['default/shop/app-service-0']!;
    expect(env.REDIS_PORT_6379_TCP).to.match(/^tcp:\/\/10\.64\.0\.\d+:6379$/);
    expect(await stage.status(id)).to.deep.include({
      phase: 'Deploying',
      containers: { wanted: 3, assigned: 2, running: 2 },
    });

    await stage.settle();
    const status = await stage.status(id);
    expect(status).to.deep.include({ phase: 'Running', containers: { wanted: 3, assigned: 3, running: 3 } });
    expect(status?.conditions.map(({ type, status: is }) => `${type}=${is}`)).to.deep.equal([
      'Ready=True',
      'Accepted=True',
      'Progressing=False',
    ]);
    expect((await stage.all('entities'))['default/shop/_root']?.sensors).to.deep.equal({
      'service.isUp': true,
      'main.uri': 'http://192.0.2.1/',
    });
    await stage.stop();
  });

  it('brings up the blueprint of slide 13: a service without an id, a port both open and direct', async () => {
    const stage = await Stage.withCloud();
    await stage.apply(id, talk('slide-13-docker-hub-redis.yaml'));
    expect((await stage.all('containers'))['default/shop/redis-0']?.ports).to.deep.equal([
      { port: 6379, protocol: 'tcp', host: 6379 },
    ]);
    await stage.stop();
  });

  it('rests when nothing changes, also after a restart', async () => {
    const stage = await Stage.withCloud();
    await stage.apply(id, two());
    await stage.settle();
    const before = await stage.revisions();
    await stage.world.clock.advance(30 * 60_000);
    expect(await stage.revisions()).to.deep.equal(before);
    await stage.stop();
    stage.replica = stage.world.replica([application], { name: 'replica-2' });
    await stage.world.clock.advance(30 * 60_000);
    expect(await stage.revisions()).to.deep.equal(before);
    await stage.stop();
  });

  it('replaces what changed one at a time, and is degraded when something is lost', async () => {
    const stage = await Stage.withCloud();
    await stage.apply(id, two());
    await stage.settle();
    await stage.apply(id, two('web:2'));
    const images = async () => Object.values(await stage.all('containers')).map(({ image }) => image);
    expect(await images()).to.deep.equal(['redis:3', 'web:2', 'web:1']);
    expect(await stage.condition(id, 'Ready')).to.deep.include({ status: 'False', reason: 'Updating' });
    expect((await stage.status(id))?.phase).to.equal('Deploying');
    await stage.settle();
    expect(await images()).to.deep.equal(['redis:3', 'web:2', 'web:2']);
    expect((await stage.status(id))?.phase).to.equal('Running');

    await stage.world.delete('observed/h-1/default/shop/web-1');
    await stage.rest();
    expect(await stage.status(id)).to.deep.include({
      phase: 'Degraded',
      containers: { wanted: 3, assigned: 3, running: 2 },
    });
    await stage.stop();
  });

  it('says why placement finds no host', async () => {
    const stage = await Stage.withCloud();
    await stage.apply(id, two());
    await stage.put('pending', 'default/shop/db-0', {
      since: '2026-01-01T00:00:00Z',
      message: 'no host fits: 1 by maxContainers',
      rejected: { maxContainers: 1 },
      resources: { cpus: 0, memory: 0 },
    });
    await stage.rest();
    const ready = await stage.condition(id, 'Ready');
    expect(ready?.reason).to.equal('Unschedulable');
    expect(ready?.message).to.contain('db-0: no host fits: 1 by maxContainers');
    await stage.stop();
  });

  for (const [filter, reason] of [
    ['links', 'WaitingForLinks'],
    ['noRecord', 'HostUnknown'],
    ['formerHost', 'Moving'],
  ] as const)
    it(`says ${reason} where placement chooses no host by ${filter}`, async () => {
      const stage = await Stage.withCloud();
      await stage.apply(id, two());
      const why = { since: '2026-01-01T00:00:00Z', message: 'why', resources: { cpus: 0, memory: 0 } };
      await stage.put('pending', 'default/shop/db-0', { ...why, rejected: { [filter]: 1 } });
      await stage.rest();
      expect((await stage.condition(id, 'Ready'))?.reason).to.equal(reason);
      await stage.stop();
    });

  it('puts back what somebody deleted', async () => {
    const stage = await Stage.withCloud();
    await stage.apply(id, two());
    await stage.settle();
    for (const key of [
      'containers/default/shop/db-0',
      'networkclaims/default/shop/default',
      'entities/default/shop/web',
    ]) {
      await stage.world.delete(key);
    }
    await stage.rest();
    expect(Object.keys(await stage.all('containers'))).to.have.length(3);
    expect(Object.keys(await stage.all('networkclaims'))).to.have.length(1);
    expect(Object.keys(await stage.all('entities'))).to.have.length(3);
    await stage.stop();
  });
});
