import { expect } from 'chai';
import { application } from '../../../controllers/application/index.ts';
import { Stage, talk, two } from './support.ts';

const id = 'default/shop';
const blueprint1 = talk('slide-29-blueprint-1.yaml');

describe('the application controller', () => {
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
});
