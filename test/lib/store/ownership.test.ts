import { expect } from 'chai';
import { allKinds, controllers, keyspace, kinds, roles, rolesAsEtcdctl } from '../../../lib/store/index.ts';

const keys = keyspace();
const roleOf = (name: string) => roles(keys).find(({ controller }) => controller === name)!;

/** As etcd decides: some range of the role holds the key. */
const mayWrite = (controller: string, key: string) =>
  roleOf(controller).permissions.some(
    ({ type, key: from, end }) => type === 'write' && (end === undefined ? key === from : key >= from && key < end),
  );

describe('the roles in etcd', () => {
  it('are one for each controller of the key map, and one that reads everything', () => {
    expect(controllers).to.include.members(['hostpool', 'application', 'placement', 'ippool', 'container']);
    expect(controllers).not.to.include('user');
    expect(roles(keys).map(({ name }) => name)).to.deep.equal(
      ['reader', ...controllers].map((name) => `berth-v1-${name}`),
    );
    expect(roles(keys)[0]?.permissions).to.deep.equal([
      { type: 'read', key: '/berth/v1/', end: '/berth/v10' },
      { type: 'read', key: '/calico/', end: '/calico0' },
      { type: 'read', key: '/skydns/', end: '/skydns0' },
    ]);
  });

  it('let a controller write its own kinds and no others', () => {
    for (const kind of allKinds) {
      const inside = kinds[kind].segments.length === 0 ? keys.range(kind).key : `${keys.range(kind).key}x/y`;
      for (const controller of controllers) {
        const writers: readonly string[] = kinds[kind].writers;
        const shared = writers.includes('any') || (writers.includes('election') && kind !== 'leaders');
        expect(mayWrite(controller, inside), `${controller} ${kind}`).to.equal(shared || writers.includes(controller));
      }
    }
  });

  it('let a controller write its own leader’s key and slots, and nobody else’s', () => {
    expect(mayWrite('container', '/berth/v1/leaders/container')).to.equal(true);
    expect(mayWrite('container', '/berth/v1/leaders/container/3')).to.equal(true);
    expect(mayWrite('container', '/berth/v1/leaders/container-2')).to.equal(false);
    expect(mayWrite('container', '/berth/v1/leaders/placement')).to.equal(false);
  });

  it('are printed as commands for a shell', () => {
    expect(rolesAsEtcdctl(keys)).to.include.members([
      'etcdctl role add berth-v1-reader',
      'etcdctl role grant-permission berth-v1-reader read /berth/v1/ /berth/v10',
      'etcdctl role grant-permission berth-v1-container write /berth/v1/leaders/container',
    ]);
    expect(rolesAsEtcdctl(keyspace("/it's"))).to.include("etcdctl role add 'it'\\''s-reader'");
  });
});
