import { expect } from 'chai';
import { Stage, two } from './support.ts';

const id = 'default/shop';

describe('the application controller', () => {
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
});
