import { expect } from 'chai';
import { calicoRole, keyspace, roleAsEtcdctl } from '../../../lib/store/index.ts';

describe('the role of calico/node', () => {
  it('reads and writes Calico’s keys and no others', () =>
    expect(roleAsEtcdctl(calicoRole(keyspace()))).to.deep.equal([
      'etcdctl role add berth-v1-calico-node',
      'etcdctl role grant-permission berth-v1-calico-node readwrite /calico/ /calico0',
    ]));
});
