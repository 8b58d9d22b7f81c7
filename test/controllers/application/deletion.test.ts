import { expect } from 'chai';
import { host, Stage, two } from './support.ts';

const id = 'default/shop';

describe('the application controller', () => {
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
});
