import { expect } from 'chai';
import type { OwnerContext } from '../../../controllers/discovery/context.ts';
import { Memory } from '../../../controllers/discovery/memory.ts';
import { reconcileOwner } from '../../../controllers/discovery/owner.ts';
import { State } from '../../harness/state.ts';

const OWNER = { kind: 'service', app: 'default/shop', name: 'web' } as const;

describe('the names of a service that is gone', () => {
  it('go with their keys below /skydns, also with one that the cache does not show yet', async () => {
    const record = { owner: 'service/default/shop/web', clouds: [], ttl: 5, addresses: ['10.64.0.5'] };
    const state = new State({ names: { 'berth/web.shop.default': { ...record, skydns: '/skydns' } } });
    const written: unknown[] = [];
    const unused = async (): Promise<never> => {
      throw new Error('not used');
    };
    const context: OwnerContext = {
      state,
      store: {
        commit: async ({ writes }) => {
          written.push(...writes);
          return state.revision;
        },
        put: unused,
        delete: unused,
        read: unused,
      },
      event: () => {},
      fence: { controller: 'discovery', revision: 1, check: () => {} },
      tools: { memory: new Memory() },
    };
    await reconcileOwner(OWNER, context);
    expect(written).to.deep.include({ delete: 'skydns', id: 'berth/default/shop/web/10-64-0-5' });
  });
});
