import { expect } from 'chai';
import { settledPools } from '../../../controllers/ippool/creation.ts';
import { poolOf } from '../../../controllers/ippool/resources.ts';
import { ippoolTools } from '../../../controllers/ippool/tools.ts';
import { keyOf, paths } from '../../../lib/calico/index.ts';
import { seededRandom } from '../../../lib/platform/index.ts';
import { State } from '../../harness/state.ts';

describe('the pools that a new one is compared with', () => {
  const stateWith = (count: number): State => {
    const state = new State();
    const origin = { installation: 'i', random: seededRandom(1), now: 0 };
    for (let i = 0; i < count; i++) {
      const spec = { cidr: `10.${64 + (i >> 8)}.${i & 255}.0/24` };
      const { value } = poolOf({ name: `net-${i}`, network: `net-${i}`, spec }, origin);
      state.put({ calico: { [keyOf.pool(`net-${i}`)]: Buffer.from(value) } });
    }
    return state;
  };

  it('are all up to the newest', () => {
    const state = stateWith(3);
    expect(settledPools(state, ippoolTools())).to.deep.equal([
      { settled: 'calico', under: paths.pools, since: state.revision },
    ]);
  });

  it('are none where there are so many that etcd would take long over them', () => {
    expect(settledPools(stateWith(257), ippoolTools())).to.deep.equal([]);
  });
});
