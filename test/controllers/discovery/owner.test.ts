import { expect } from 'chai';
import type { Discovery } from '../../../controllers/discovery/context.ts';
import { reconcileOwner } from '../../../controllers/discovery/owner.ts';
import { State } from '../../harness/state.ts';

const OWNER = { kind: 'service', app: 'default/shop', name: 'web' } as const;

describe('the names of a service that is gone', () => {
  it('go with their keys below /skydns, also with one that the cache does not show yet', async () => {
    const record = { owner: 'service/default/shop/web', clouds: [], ttl: 5, addresses: ['10.64.0.5'] };
    const state = new State({ names: { 'berth/web.shop.default': { ...record, skydns: '/skydns' } } });
    const written: unknown[] = [];
    const store = {
      commit: async ({ writes }: { writes: unknown[] }) => {
        written.push(...writes);
        return state.revision;
      },
    };
    // Of what it is handed it needs no more than this here.
    await reconcileOwner(OWNER, { state, store, event: () => {} } as unknown as Discovery);
    expect(written).to.deep.include({ delete: 'skydns', id: 'berth/default/shop/web/10-64-0-5' });
  });
});
