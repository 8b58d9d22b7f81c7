import { expect } from 'chai';
import { Rig } from './rig.ts';

const assignment = (uid: string) => ({
  uid,
  cloud: 'c',
  spec: 's',
  containerRevision: 1,
  reserved: { cpus: 0, memory: 0, ports: [] },
  because: { by: 'test', of: 1, rejected: {}, revision: 1 },
});
const observed = (uid: string) => ({
  uid,
  state: 'running',
  id: 'x',
  image: 'i',
  addresses: {},
  ports: {},
  restarts: 0,
});

describe('hostpool with hollow machines', () => {
  let rig: Rig;
  beforeEach(() => {
    rig = new Rig();
    rig.start();
  });
  afterEach(() => rig.stop());

  it('makes hosts.min hosts and says so', async () => {
    await rig.cloud('c', { hosts: { min: 3 } });
    await rig.ready('c', 3);
    expect(rig.hollow.machines.size).to.equal(3);
    await rig.clock.advance(1000);
    expect(rig.cache.get('status/dockerclouds', 'c')?.value).to.deep.include({
      phase: 'Ready',
      hosts: { wanted: 3, total: 3, ready: 3 },
    });
    expect(rig.condition('c', 'Ready')).to.equal('True Ready');
    expect(rig.condition('c', 'Accepted')).to.equal('True Accepted');
  });

  it('makes many', async () => {
    await rig.cloud('c', { hosts: { min: 300, max: 300 } });
    await rig.ready('c', 300);
    expect(rig.hollow.machines.size).to.equal(300);
  });

  it('changes nothing when all is as it should be', async () => {
    await rig.cloud('c', { hosts: { min: 3 } });
    await rig.ready('c', 3);
    await rig.clock.advance(60_000);
    const records = JSON.stringify(rig.hosts('c'));
    await rig.clock.advance(3_600_000);
    expect(JSON.stringify(rig.hosts('c'))).to.equal(records);
  });

  it('says on each host which network it has joined, and adds that to records of an older berth', async () => {
    const joined = () => rig.hosts('c').map(({ networkProvider }) => networkProvider);
    await rig.cloud('c', { hosts: { min: 2 } });
    await rig.ready('c', 2);
    expect(joined()).to.deep.equal(['linux', 'linux']);
    const [{ name, networkProvider: _, ...older }] = rig.hosts('c') as [ReturnType<Rig['hosts']>[0]];
    await rig.put('hosts', `c/${name}`, older);
    await rig.clock.until(() => joined().every((each) => each === 'linux'), 300_000, 'the field');
  });

  it('lets an invalid record change nothing', async () => {
    await rig.cloud('c', { hosts: { min: 2 } });
    await rig.ready('c', 2);
    await rig.put('dockerclouds', 'c', 'spec: { location: hollow, hosts: { min: many } }');
    await rig.clock.advance(30_000);
    expect(rig.hosts('c').filter(({ schedulable }) => schedulable)).to.have.length(2);
    expect(rig.condition('c', 'Accepted')).to.match(/^False/);
  });

  it('accepts only what stands there still, however late its write arrives', async () => {
    await rig.cloud('c', { hosts: { min: 1 } });
    await rig.ready('c', 1);
    rig.lag = 3000;
    await rig.cloud('c', { hosts: { min: 2 } });
    await rig.clock.advance(1000);
    await rig.cloud('c', { hosts: { min: 3 } });
    const accepted: (number | undefined)[] = [];
    rig.cache.subscribe((changes) => {
      for (const { kind, id } of changes)
        if (kind === 'accepted/dockerclouds') accepted.push(rig.cache.get(kind, id)?.value.spec.hosts.min);
    });
    await rig.ready('c', 3);
    expect(accepted).to.deep.equal([3]);
  });

  it('removes the newest empty hosts when fewer are wanted, and keeps those in use', async () => {
    await rig.cloud('c', { hosts: { min: 4 } });
    await rig.ready('c', 4);
    await rig.clock.advance(5000);
    const used = rig
      .hosts('c')
      .slice(1, 3)
      .map(({ name }) => name);
    for (const host of used) await rig.put('assignments', `${host}/default/shop/web-0`, assignment('u'.repeat(20)));
    await rig.cloud('c', { hosts: { min: 1 } });
    await rig.clock.advance(60_000);
    expect(rig.hosts('c').map(({ name }) => name)).to.deep.equal(used);
    expect([...rig.hollow.machines.keys()].sort()).to.deep.equal(used);

    await rig.delete('assignments', `${used[0]}/default/shop/web-0`);
    await rig.clock.until(() => rig.hosts('c').length === 1, 60_000, 'the end of what became empty');
    expect(rig.hosts('c').map(({ name }) => name)).to.deep.equal(used.slice(1));
  });

  it('removes everything when the cloud is deleted, in order', async () => {
    await rig.cloud('c', { hosts: { min: 3 } });
    await rig.ready('c', 3);
    await rig.delete('dockerclouds', 'c');
    await rig.clock.until(() => !rig.cache.get('accepted/dockerclouds', 'c'), 60_000, 'the end');
    expect(rig.hollow.machines.size).to.equal(0);
    for (const kind of ['hosts', 'schedulable', 'status/dockerclouds', 'credentials', 'machineclaims'] as const)
      expect(rig.cache.list(kind), kind).to.have.length(0);
  });

  it('waits for applications before it deletes a cloud, and names them', async () => {
    await rig.cloud('c', { hosts: { min: 1 } });
    await rig.ready('c', 1);
    await rig.put('accepted/applications', 'default/shop', {
      generation: 1,
      uid: 1,
      spec: { location: 'c', services: [] },
    });
    await rig.delete('dockerclouds', 'c');
    await rig.clock.advance(30_000);
    expect(rig.hosts('c')).to.have.length(1);
    expect(rig.condition('c', 'Deleting')).to.equal('True InUse');
    await rig.delete('accepted/applications', 'default/shop');
    await rig.clock.until(() => !rig.cache.get('accepted/dockerclouds', 'c'), 60_000, 'the end');
    expect(rig.hollow.machines.size).to.equal(0);
  });

  it('gives a lost host back for applications that are deleted with the cloud: they wait for it', async () => {
    await rig.cloud('c', { hosts: { min: 1 } });
    await rig.ready('c', 1);
    const { name } = rig.hosts('c')[0]!;
    await rig.put('observed', `${name}/default/shop/web-0`, observed('u'.repeat(20)));
    for (const machine of rig.hollow.machines.values()) machine.reachable = false;
    const lost = () => rig.hosts('c').some((host) => host.name === name && host.lost);
    await rig.clock.until(lost, 600_000, 'the loss');
    await rig.put('accepted/applications', 'default/shop', {
      generation: 1,
      uid: 1,
      deleting: '2026-01-01T00:00:00Z',
      spec: { location: 'c', services: [] },
    });
    await rig.delete('dockerclouds', 'c');
    const gone = () => rig.hosts('c').some((host) => host.name === name && host.gone);
    await rig.clock.until(gone, 60_000, 'the end of the machine');
    await rig.delete('observed', `${name}/default/shop/web-0`);
    await rig.delete('accepted/applications', 'default/shop');
    await rig.clock.until(() => !rig.cache.get('accepted/dockerclouds', 'c'), 60_000, 'the end');
  });

  it('makes a cloud anew that was put again while it was being deleted', async () => {
    await rig.cloud('c', { hosts: { min: 2 } });
    await rig.ready('c', 2);
    const before = rig.hosts('c').map(({ name }) => name);
    await rig.delete('dockerclouds', 'c');
    await rig.cloud('c', { hosts: { min: 2 } });
    await rig.clock.advance(60_000);
    await rig.ready('c', 2);
    expect(rig.hosts('c').map(({ name }) => name)).to.not.have.members(before);
    expect(rig.hollow.machines.size).to.equal(2);
  });

  it('declares a host lost that does not answer, replaces it, and takes it back when it answers', async () => {
    await rig.cloud('c', { hosts: { min: 3, max: 4 } });
    await rig.ready('c', 3);
    await rig.clock.advance(5000);
    const { name } = rig.hosts('c')[0]!;
    await rig.put('assignments', `${name}/default/shop/web-0`, assignment('u'.repeat(20)));
    await rig.put('observed', `${name}/default/shop/web-0`, observed('u'.repeat(20)));
    const machine = rig.hollow.machines.get(name)!;
    machine.reachable = false;
    await rig.clock.until(() => rig.hosts('c').some((host) => host.name === name && host.lost), 120_000, 'the loss');
    expect(rig.hosts('c').find((host) => host.name === name)).to.include({ schedulable: false, gone: false });
    await rig.ready('c', 3);
    machine.reachable = true;
    await rig.clock.until(
      () => rig.hosts('c').some((host) => host.name === name && !host.lost && host.schedulable),
      60_000,
      'the return',
    );
  });

  it('keeps a returned host lost until what was started elsewhere is removed there', async () => {
    await rig.cloud('c', { hosts: { min: 3, max: 4 } });
    await rig.ready('c', 3);
    await rig.clock.advance(5000);
    const { name } = rig.hosts('c')[0]!;
    await rig.put('assignments', `${name}/default/shop/web-0`, assignment('a'.repeat(20)));
    await rig.put('observed', `${name}/default/shop/web-0`, observed('a'.repeat(20)));
    const machine = rig.hollow.machines.get(name)!;
    machine.reachable = false;
    await rig.clock.advance(100_000);
    await rig.delete('assignments', `${name}/default/shop/web-0`);
    machine.reachable = true;
    await rig.clock.advance(60_000);
    expect(rig.hosts('c').find((host) => host.name === name)?.lost).to.equal(true);
    await rig.delete('observed', `${name}/default/shop/web-0`);
    await rig.clock.advance(60_000);
    expect(rig.hosts('c').find((host) => host.name === name)?.lost ?? false).to.equal(false);
  });

  it('answers a key with a slash too many, also one that reads like a host, and forgets it', async () => {
    await rig.cloud('c', { hosts: { min: 1 } });
    await rig.ready('c', 1);
    const host = `c/${rig.hosts('c')[0]!.name}`;
    for (const key of [host, 'a/b', 'a/b/c']) {
      await rig.put('dockerclouds', key, 'location: hollow');
      await rig.clock.advance(1000);
      expect(rig.condition(key, 'Accepted'), key).to.equal('False BadKey');
      expect(rig.cache.get('status/dockerclouds', key)?.value.hosts).to.deep.equal({ wanted: 0, total: 0, ready: 0 });
      await rig.delete('dockerclouds', key);
      await rig.clock.advance(1000);
      expect(rig.condition(key, 'Accepted'), key).to.equal('none');
    }
    expect(rig.hosts('c')).to.have.length(1);
    expect(rig.condition('c', 'Ready')).to.equal('True Ready');
  });

  it('declares nobody lost while most hosts do not answer', async () => {
    await rig.cloud('c', { hosts: { min: 5 } });
    await rig.ready('c', 5);
    for (const machine of [...rig.hollow.machines.values()].slice(0, 3)) machine.reachable = false;
    await rig.clock.advance(600_000);
    expect(rig.hosts('c').filter(({ lost }) => lost)).to.have.length(0);
    expect(rig.condition('c', 'NetworkTrusted')).to.equal('False TooManyUnreachable');
  });

  it('declares a host lost within two minutes, however many hosts of another cloud do not answer', async () => {
    await rig.cloud('a', { hosts: { min: 600, max: 600 } });
    await rig.cloud('b', { hosts: { min: 3, max: 3 } });
    await rig.ready('a', 600);
    await rig.ready('b', 3);
    const { name } = rig.hosts('b')[0]!;
    for (const machine of rig.hollow.machines.values())
      if (machine.cloud === 'a' || machine.host === name) machine.reachable = false;
    const lost = () => rig.hosts('b').some((host) => host.name === name && host.lost);
    await rig.clock.until(lost, 120_000, 'the loss');
    expect(rig.condition('a', 'NetworkTrusted')).to.equal('False TooManyUnreachable');
    expect(rig.condition('b', 'NetworkTrusted')).to.equal('True Trusted');
  });

  it('replaces machines that their location does not have any more, however many', async () => {
    await rig.cloud('c', { hosts: { min: 5 } });
    await rig.ready('c', 5);
    await rig.clock.advance(20_000);
    const gone = rig
      .hosts('c')
      .slice(0, 4)
      .map(({ name }) => name);
    for (const name of gone) rig.hollow.machines.delete(name);
    await rig.clock.until(
      () => gone.every((name) => !rig.hosts('c').some((host) => host.name === name)),
      120_000,
      'their end',
    );
    await rig.ready('c', 5);
    expect(rig.hollow.machines.size).to.equal(5);
  });

  it('ends machines that no host record explains', async () => {
    await rig.cloud('c', { hosts: { min: 1 } });
    await rig.ready('c', 1);
    const { installation } = [...rig.hollow.machines.values()][0]!;
    const spec = rig.cache.get('accepted/dockerclouds', 'c')!.value.spec;
    const made = rig.hollow.create(
      { host: 'c-stray0', cloud: 'c', installation, spec, location: spec.location[0]!, sshPublicKey: '' },
      new AbortController().signal,
    );
    await rig.clock.advance(120_000);
    await made;
    expect(rig.hollow.machines.has('c-stray0')).to.equal(false);
    expect(rig.hollow.machines.size).to.equal(1);
  });

  it('leaves nothing behind and makes nothing twice when its process starts again at any moment', async () => {
    for (let i = 0; i < 8; i++) {
      await rig.cloud('c', { hosts: { min: 4 } });
      await rig.clock.advance(15_000 + 37 * i);
      await rig.stop();
      rig.start();
    }
    await rig.ready('c', 4);
    await rig.clock.advance(60_000);
    expect([...rig.hollow.machines.keys()].sort()).to.deep.equal(rig.hosts('c').map(({ name }) => name));
  });
});
