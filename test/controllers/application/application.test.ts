import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { application } from '../../../controllers/application/index.ts';
import { host, Stage } from './support.ts';

const id = 'default/shop';
const talk = (slide: string): string =>
  readFileSync(new URL(`../../../examples/talk/${slide}`, import.meta.url), 'utf8');
const blueprint1 = talk('slide-29-blueprint-1.yaml');
const two = (image = 'web:1') => `
location: my-docker-cloud
services:
  - { id: db, type: docker:redis:3, openPorts: 6379 }
  - { id: web, type: "docker:${image}", replicas: 2, links: { db: db } }
`;

describe('the application controller', () => {
  it('brings up the talk’s Application Blueprint 1, as it stands on the slide', async () => {
    const stage = await Stage.withCloud();
    await stage.apply(id, blueprint1);
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

  describe('with a record that is wrong', () => {
    it('says where and what was expected, and makes nothing', async () => {
      const stage = await Stage.withCloud();
      await stage.apply(id, 'location: my-docker-cloud\nservices:\n  - type: docker:redis:3\n    openPort: 6379\n');
      expect(await stage.status(id)).to.deep.include({
        phase: 'Failed',
        containers: { wanted: 0, assigned: 0, running: 0 },
      });
      const accepted = await stage.condition(id, 'Accepted');
      expect(accepted).to.deep.include({ status: 'False', reason: 'UnknownField' });
      expect(accepted?.message)
        .to.contain('applications/default/shop:4:5 services[0].openPort')
        .and.to.contain('openPorts');
      expect(await stage.all('accepted/applications')).to.deep.equal({});
      expect(await stage.all('containers')).to.deep.equal({});
      await stage.world.delete(`applications/${id}`);
      await stage.rest();
      expect(await stage.all('status/applications')).to.deep.equal({});
      await stage.stop();
    });

    it('points into an expression', async () => {
      const stage = await Stage.withCloud();
      const line = '    env: { URL: "$brooklyn:component(1)" }';
      await stage.apply(id, `location: my-docker-cloud\nservices:\n  - type: docker:redis:3\n${line}\n`);
      const { message } = (await stage.condition(id, 'Accepted'))!;
      expect(message).to.contain(`applications/default/shop:4:${line.indexOf('1') + 1} services[0].env.URL`);
      await stage.stop();
    });

    it('names a loop of links', async () => {
      const stage = await Stage.withCloud();
      await stage.apply(
        id,
        'location: c\nservices:\n  - { id: a, type: docker:x, links: [b] }\n  - { id: b, type: docker:x, links: [a] }\n',
      );
      const accepted = await stage.condition(id, 'Accepted');
      expect(accepted).to.deep.include({ status: 'False', reason: 'Cycle' });
      expect(accepted?.message).to.contain('a → b → a');
      await stage.stop();
    });

    it('answers what grows too large for the store with its defaults, or with its links', async () => {
      const stage = await Stage.withCloud();
      const many = Array.from(
        { length: 990 },
        (_, i) => `  - { id: s${i}, type: docker:x, env: { A: ${'y'.repeat(900)} } }`,
      );
      await stage.apply(id, `location: my-docker-cloud\nservices:\n${many.join('\n')}\n`);
      expect(await stage.condition(id, 'Accepted')).to.deep.include({ status: 'False', reason: 'TooLarge' });

      const half = 'x'.repeat(500_000);
      await stage.apply(
        'default/linked',
        `location: my-docker-cloud\nservices:\n  - { id: a, type: docker:x, env: { A: ${half} } }\n  - { id: b, type: docker:x, env: { B: ${half.slice(20)} }, links: [a, "a:c", "a:d"] }\n`,
      );
      await stage.others();
      expect(await stage.condition('default/linked', 'Accepted')).to.deep.include({ status: 'True' });
      expect(await stage.condition('default/linked', 'Ready')).to.deep.include({ status: 'False', reason: 'TooLarge' });
      await stage.stop();
    });

    it('changes nothing that runs, also when a restart finds it', async () => {
      const stage = await Stage.withCloud();
      await stage.apply(id, two());
      await stage.settle();
      const before = { containers: await stage.all('containers'), accepted: await stage.all('accepted/applications') };
      await stage.apply(id, 'services: [');
      await stage.settle();
      await stage.stop();
      stage.replica = stage.world.replica([application], { name: 'replica-2' });
      await stage.world.clock.advance(60_000);
      expect({
        containers: await stage.all('containers'),
        accepted: await stage.all('accepted/applications'),
      }).to.deep.equal(before);
      expect(await stage.condition(id, 'Accepted')).to.deep.include({ status: 'False', reason: 'Syntax' });
      expect(await stage.condition(id, 'Ready')).to.deep.include({ status: 'True' });
      expect((await stage.status(id))?.phase).to.equal('Running');
      await stage.stop();
    });

    const names = ['default/Shop!', 'Bad_Namespace/shop', 'default/shop/web', 'default'];
    it(`answers under names that no application can have: ${names.join(', ')}`, async () => {
      const stage = await Stage.withCloud();
      for (const name of names) {
        await stage.apply(name, blueprint1);
        const refused = { status: 'False', reason: 'BadKey' };
        expect(await stage.condition(name, 'Accepted'), name).to.deep.include(refused);
      }
      expect(await stage.all('containers')).to.deep.equal({});
      for (const name of names) await stage.world.delete(`applications/${name}`);
      await stage.rest();
      expect(await stage.all('status/applications')).to.deep.equal({});
      await stage.stop();
    });

    it('says where, and leaves the code to the reason', async () => {
      const stage = await Stage.withCloud();
      await stage.apply(id, two().replace('redis:3', 'Bad:3'));
      const accepted = await stage.condition(id, 'Accepted');
      expect(accepted).to.include({ status: 'False', reason: 'Invalid' });
      expect(accepted?.message).to.match(/^applications\/default\/shop:\d+:\d+ /);
      expect(await stage.condition(id, 'Ready')).to.include({ message: accepted?.message });
      await stage.stop();
    });

    it('forgets its answer when the record was deleted while no controller ran', async () => {
      const stage = await Stage.withCloud();
      await stage.apply(id, 'services: [');
      await stage.world.put('namespaces/team', 'x');
      await stage.rest();
      await stage.stop();
      await stage.world.delete(`applications/${id}`);
      await stage.world.delete('namespaces/team');
      stage.replica = stage.world.replica([application], { name: 'replica-2' });
      await stage.world.clock.advance(60_000);
      expect(await stage.all('status/applications')).to.deep.equal({});
      expect(await stage.world.list('status/namespaces')).to.deep.equal({});
      await stage.stop();
    });
  });

  describe('with a cloud that does not exist', () => {
    it('waits for one to appear', async () => {
      const stage = new Stage();
      await stage.apply(id, two());
      expect(await stage.status(id)).to.deep.include({ phase: 'Pending' });
      expect(await stage.condition(id, 'Ready')).to.deep.include({ status: 'False', reason: 'NotFound' });
      expect(await stage.all('containers')).to.deep.equal({});
      await stage.addCloud();
      await stage.settle();
      expect(await stage.status(id)).to.deep.include({ phase: 'Running' });
      await stage.stop();
    });

    it('leaves what stands when the cloud goes', async () => {
      const stage = await Stage.withCloud();
      await stage.apply(id, two());
      await stage.settle();
      const before = await stage.all('containers');
      await stage.world.delete('accepted/dockerclouds/my-docker-cloud');
      await stage.rest();
      await stage.apply(id, two('web:2'));
      expect(await stage.all('containers')).to.deep.equal(before);
      expect(await stage.condition(id, 'Ready')).to.deep.include({ status: 'False', reason: 'NotFound' });
      expect((await stage.status(id))?.phase).to.equal('Degraded');
      await stage.stop();
    });
  });

  describe('with a cloud that is being deleted', () => {
    const deleting = (deletion: string) =>
      JSON.stringify({ generation: 1, uid: 1, deleting: '2026-01-01T00:00:00Z', spec: { deletion } });

    it('keeps what runs, which keeps the cloud, and starts nothing', async () => {
      const stage = await Stage.withCloud();
      await stage.apply(id, two());
      await stage.settle();
      const before = await stage.all('containers');
      await stage.world.put('accepted/dockerclouds/my-docker-cloud', deleting('wait'));
      await stage.apply(id, two('web:2'));
      expect(await stage.all('containers')).to.deep.equal(before);
      expect(await stage.condition(id, 'Ready')).to.deep.include({ status: 'False', reason: 'CloudDeleting' });
      await stage.stop();
    });

    it('takes all back where the cloud takes it along, and comes up again in the next one', async () => {
      const stage = await Stage.withCloud();
      await stage.apply(id, two());
      await stage.settle();
      await stage.world.put('accepted/dockerclouds/my-docker-cloud', deleting('cascade'));
      await stage.settle();
      for (const kind of ['containers', 'networkclaims', 'entities', 'assignments'] as const) {
        expect(await stage.all(kind), kind).to.deep.equal({});
      }
      expect(await stage.world.list('networks')).to.deep.equal({});
      expect(await stage.status(id)).to.deep.include({
        phase: 'Pending',
        containers: { wanted: 0, assigned: 0, running: 0 },
      });
      await stage.addCloud();
      await stage.settle();
      expect((await stage.status(id))?.phase).to.equal('Running');
      await stage.stop();
    });
  });

  describe('when the user takes it back', () => {
    it('removes containers, then the network, then its own words', async () => {
      const stage = await Stage.withCloud();
      await stage.apply(id, two());
      await stage.settle();
      await stage.world.delete(`applications/${id}`);
      await stage.rest();
      expect(await stage.all('containers')).to.deep.equal({});
      expect(Object.keys(await stage.all('networkclaims')), 'while containers run').to.have.length(1);
      expect((await stage.all('accepted/applications'))[id]).to.have.property('deleting');
      expect(await stage.status(id)).to.deep.include({ phase: 'Deleting' });
      expect((await stage.condition(id, 'Ready'))?.message).to.contain('3 assignments');

      await stage.settle();
      const left = Object.keys(await stage.revisions()).filter(
        (key) => !/\/(hosts|accepted\/dockerclouds|installation)/.test(key),
      );
      expect(left).to.deep.equal([]);
      await stage.stop();
    });

    it('counts its containers, and its entities apart', async () => {
      const stage = await Stage.withCloud();
      await stage.apply(id, two());
      await stage.world.delete(`applications/${id}`);
      const messages = new Set<string | undefined>();
      for (let ms = 0; ms < 200; ms++) {
        await stage.world.clock.advance(1);
        messages.add((await stage.condition(id, 'Ready'))?.message);
      }
      expect([...messages].join('\n')).to.contain('left: 1 containers, 3 entities');
      await stage.stop();
    });

    it('names the lost host that keeps what ran there', async () => {
      const stage = await Stage.withCloud();
      await stage.apply(id, two());
      await stage.settle();
      await stage.world.delete(`applications/${id}`);
      for (const kind of ['assignments', 'endpoints'] as const) {
        for (const key of Object.keys(await stage.all(kind))) await stage.world.delete(`${kind}/${key}`);
      }
      await stage.rest();
      const message = async () => (await stage.condition(id, 'Ready'))?.message;
      expect(await message()).to.equal('left: 3 observed, 1 networks');
      await stage.put('hosts', 'my-docker-cloud/h-1', { ...host, lost: true });
      await stage.rest();
      expect(await message()).to.equal('waits for host h-1, which is lost; left: 3 observed, 1 networks');
      await stage.put('hosts', 'my-docker-cloud/h-1', host);
      await stage.rest();
      expect(await message()).to.equal('left: 3 observed, 1 networks');
      await stage.settle();
      expect(await stage.all('accepted/applications')).to.deep.equal({});
      await stage.stop();
    });

    it('makes a new one of what was put again meanwhile, after the old one is gone', async () => {
      const stage = await Stage.withCloud();
      await stage.apply(id, two());
      await stage.settle();
      const old = (await stage.all('accepted/applications'))[id]!;
      await stage.world.delete(`applications/${id}`);
      await stage.apply(id, two());
      expect((await stage.all('accepted/applications'))[id]).to.deep.include({ uid: old.uid });
      expect((await stage.all('accepted/applications'))[id]).to.have.property('deleting');
      expect(await stage.all('containers')).to.deep.equal({});
      await stage.settle();
      const accepted = (await stage.all('accepted/applications'))[id]!;
      expect(accepted.uid).not.to.equal(old.uid);
      expect(accepted).not.to.have.property('deleting');
      for (const record of Object.values(await stage.all('containers'))) expect(record.uid).to.equal(accepted.uid);
      expect((await stage.status(id))?.phase).to.equal('Running');
      await stage.stop();
    });

    it('waits for what it cannot see the end of', async () => {
      const stage = await Stage.withCloud();
      await stage.apply(id, two());
      await stage.settle();
      await stage.world.delete(`applications/${id}`);
      for (const key of Object.keys(await stage.all('assignments'))) await stage.world.delete(`assignments/${key}`);
      await stage.world.clock.advance(60 * 60_000);
      expect((await stage.condition(id, 'Ready'))?.message).to.equal('left: 3 observed, 3 endpoints, 1 networks');
      await stage.settle();
      expect(await stage.all('accepted/applications')).to.deep.equal({});
      await stage.stop();
    });
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

  it('answers a namespace with a slash in its name, and forgets it', async () => {
    const stage = new Stage();
    await stage.world.put('namespaces/team/a', '{}');
    await stage.rest();
    expect(JSON.stringify(await stage.world.list('status/namespaces'))).to.contain('BadKey');
    await stage.world.delete('namespaces/team/a');
    await stage.rest();
    expect(await stage.world.list('status/namespaces')).to.deep.equal({});
    await stage.stop();
  });

  it('accepts a namespace, refuses a wrong one, forgets a deleted one', async () => {
    const stage = new Stage();
    const put = (text: string) => stage.world.put('namespaces/team', text).then(() => stage.rest());
    await put('{ apiVersion: berth/v1, kind: Namespace, metadata: { name: team } }');
    expect((await stage.world.list('status/namespaces')).team).to.deep.include({ phase: 'Active' });
    expect((await stage.world.list('accepted/namespaces')).team).to.have.property('spec');
    await put('{ apiVersion: berth/v1, kind: Namespace, spec: { qouta: 1 } }');
    const refused = (await stage.world.list('status/namespaces')).team;
    expect(refused).to.deep.include({ phase: 'Failed' });
    expect(JSON.stringify(refused)).to.contain('"message":"namespaces/team').and.not.to.contain('BERTH_');
    expect((await stage.world.list('accepted/namespaces')).team).to.have.property('spec');
    await stage.world.delete('namespaces/team');
    await stage.rest();
    expect(await stage.world.list('status/namespaces')).to.deep.equal({});
    expect(await stage.world.list('accepted/namespaces')).to.deep.equal({});
    await stage.stop();
  });
});
