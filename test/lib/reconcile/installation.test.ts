import { expect } from 'chai';
import { BerthError } from '../../../lib/errors/index.ts';
import { ensureInstallation } from '../../../lib/reconcile/index.ts';
import { keys, World } from './support.ts';

describe('ensureInstallation', () => {
  const read = (world: World) =>
    world.settle(ensureInstallation({ kv: world.kv, keyspace: keys, clock: world.clock, random: world.random }));

  it('makes an id once, and answers the same from then on', async () => {
    const world = new World();
    const id = await read(world);
    expect(id).to.match(/^[a-z0-9]{20}$/);
    expect(await read(world)).to.equal(id);
  });

  for (const spoilt of ['', '{"id": ', 'null', '[]', '{"id": 7}', '{"createdAt": "2026-01-01T00:00:00Z"}'])
    it(`says where and what to do when somebody has put ${JSON.stringify(spoilt)} there`, async () => {
      const world = new World();
      await world.put('installation', spoilt);
      const error = await read(world).catch((thrown: unknown) => thrown);
      if (!(error instanceof BerthError)) return expect.fail(String(error));
      expect(error.code).to.equal('BERTH_INVALID');
      expect(error.details.place).to.equal('/berth/v1/installation');
      expect(error.details.found).to.equal(JSON.stringify(spoilt));
      expect(error.details.hint).to.contain('io.berth.installation');
    });
});
