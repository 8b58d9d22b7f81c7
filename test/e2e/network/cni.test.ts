import { expect } from 'chai';
import { Fenced } from '../../../lib/fence/index.ts';
import { createPluginNetwork } from '../../../lib/network/cni/index.ts';
import { BatchFailed } from '../../../lib/network/index.ts';
import type { DockerCloudSpec } from '../../../lib/records/index.ts';
import { type FakeHost, fakeHosts } from './hosts.ts';
import { attachment, fence, planOf } from './plans.ts';
import { listening } from './programs.ts';

type Settings = NonNullable<DockerCloudSpec['network']['cni']>;

const signal = new AbortController().signal;
const uid = (n: number) => `uid${n}`;
const namespace = (n: number) => `berth-00000000000${n}`;

const bridge = (ipam: object) => ({
  type: 'bridge',
  bridge: 'cni0',
  isGateway: true,
  isDefaultGateway: true,
  ipMasq: false,
  ipam,
});
const staticList: Settings['plugins'] = [
  { ...bridge({ type: 'static' }), capabilities: { ips: true, mac: true } },
  { type: 'tuning' },
  { type: 'portmap', capabilities: { portMappings: true }, snat: true },
  { type: 'firewall' },
];
const hostLocal: Settings['plugins'] = [
  { ...bridge({ type: 'host-local', ranges: [[{ subnet: '10.64.0.0/24' }]] }), capabilities: { ips: true } },
];
const pointToPoint: Settings['plugins'] = [
  { type: 'ptp', ipam: { type: 'host-local', ranges: [[{ subnet: '10.64.0.0/24' }]] }, capabilities: { ips: true } },
];
/** Chooses for itself: nobody tells it what berth chose, and the range is another. */
const wilful: Settings['plugins'] = [
  { type: 'ptp', ipMasq: false, ipam: { type: 'host-local', subnet: '10.99.0.0/24' }, args: {} },
];

/** Adds nothing, and takes nothing back before it is willing to. */
const STUBBORN = `#!/bin/sh
conf=$(cat)
[ "$CNI_COMMAND" != DEL ] || [ -e /run/willing ] || { echo 'not yet' >&2; exit 1; }
printf '%s' "$conf" | sed 's/.*"prevResult"://; $ s/}$//'
`;

describe('the network of a plugin list', function () {
  this.timeout(60_000);
  let world: Awaited<ReturnType<typeof fakeHosts>>;
  let host: FakeHost;
  const network = (plugins: Settings['plugins'], on = host) =>
    createPluginNetwork({ shell: on, settings: { cniVersion: '0.4.0', plugins, binDir: '/usr/lib/cni:/run/plugins' } });
  const inside = (n: number, command: string) =>
    host.run(`nsenter --net=/run/netns/${namespace(n)} ${command}`).then(({ stdout }) => stdout.trim());
  const reaches = async (n: number, address: string) =>
    (await host.run(`nsenter --net=/run/netns/${namespace(n)} busybox ping -c1 -W1 ${address}`)).code === 0;
  const leases = () =>
    host.sh('ls /var/lib/cni/networks/*/ 2>/dev/null | grep -c "^10" || true').then((said) => said.trim());
  /** Interfaces by index: whatever is made anew shows. */
  const picture = () =>
    host.sh(
      'ip -o link; for n in /run/netns/*; do nsenter --net=$n ip -o link; done; iptables-save -t nat | grep -v "^[#:]"',
    );

  beforeEach(async () => {
    world = await fakeHosts(2);
    host = world.hosts[0]!;
  });
  afterEach(() => world.stop());

  it('gives each container the address and the hardware address that berth chose', async () => {
    await network(staticList).apply(planOf([attachment(1, '10.64.0.5'), attachment(2, '10.64.0.6')]), fence(1), signal);
    expect(await inside(1, 'ip -o -4 addr show dev eth0')).to.contain('10.64.0.5/24');
    expect(await inside(1, 'ip -o link show dev eth0')).to.contain('ee:00:00:00:00:01');
    expect(await reaches(1, '10.64.0.6')).to.equal(true);
    expect((await network(staticList).read(signal)).namespaces).to.deep.equal([
      { name: namespace(1), addresses: ['10.64.0.5'], interfaces: [{ name: 'eth0', addresses: ['10.64.0.5'] }] },
      { name: namespace(2), addresses: ['10.64.0.6'], interfaces: [{ name: 'eth0', addresses: ['10.64.0.6'] }] },
    ]);
  });

  it('changes nothing the second time', async () => {
    const plan = planOf([attachment(1, '10.64.0.5', [{ host: 8000, port: 80, protocol: 'tcp' }])]);
    await network(staticList).apply(plan, fence(1), signal);
    const before = await picture();
    await network(staticList).apply(plan, fence(1), signal);
    expect(await picture()).to.equal(before);
    expect((await network(staticList).read(signal)).intact).to.deep.equal([plan.installation]);
  });

  it('publishes ports by the plugin that can, and refuses where none can', async () => {
    const ports = [{ host: 8000, port: 80, protocol: 'tcp' as const }];
    await network(staticList).apply(planOf([attachment(1, '10.64.0.5', ports)]), fence(1), signal);
    await host.sh(`nsenter --net=/run/netns/${namespace(1)} busybox nc -ll -p 80 -e echo served >/dev/null 2>&1 &`);
    await listening({ host, container: 1 }, 80);
    const other = world.hosts[1]!;
    expect((await other.run('busybox nc -w 2 192.0.2.1 8000 </dev/null')).stdout.trim()).to.equal('served');

    const refused = await network(hostLocal, other)
      .apply(planOf([attachment(2, '10.64.0.6', ports)]), fence(1), signal)
      .catch((error: unknown) => error);
    expect(refused).to.be.instanceOf(BatchFailed);
    expect(refused)
      .to.have.property('failed')
      .that.deep.equals(
        new Map([[uid(2), 'no plugin of spec.network.cni.plugins declares the capability portMappings']]),
      );
  });

  it('takes back what is not wanted any more, with its address', async () => {
    await network(hostLocal).apply(planOf([attachment(1, '10.64.0.5'), attachment(2, '10.64.0.6')]), fence(1), signal);
    expect(await leases()).to.equal('2');
    await network(hostLocal).apply(planOf([attachment(2, '10.64.0.6')]), fence(1), signal);
    expect(await leases()).to.equal('1');
    expect((await network(hostLocal).read(signal)).namespaces.map(({ name }) => name)).to.deep.equal([namespace(2)]);
    await network(hostLocal).apply(planOf([]), fence(1), signal);
    expect(await leases()).to.equal('0');
    expect((await host.sh('find /run/netns/* /run/berth/* /var/lib/berth/*/cni 2>/dev/null || true')).trim()).to.equal(
      '',
    );
  });

  it('tells what a plugin that chooses for itself has chosen', async () => {
    await network(wilful).apply(
      planOf([{ ...attachment(1, ''), interfaces: [{ ...attachment(1, '').interfaces[0]!, address: '10.99.0.77' }] }]),
      fence(1),
      signal,
    );
    const [found] = (await network(wilful).read(signal)).namespaces;
    expect(found?.addresses).to.deep.equal(['10.99.0.77']);
  });

  it('makes everything anew after a reboot, taking back what disks remember', async () => {
    const plan = planOf([attachment(1, '10.64.0.5'), attachment(2, '10.64.0.6')]);
    await network(hostLocal).apply(plan, fence(1), signal);
    await host.loseWhatARebootLoses();
    await host.sh('ip link del cni0');
    expect((await network(hostLocal).read(signal)).intact).to.deep.equal([]);
    await network(hostLocal).apply(plan, fence(1), signal);
    expect(await inside(1, 'ip -o -4 addr show dev eth0')).to.contain('10.64.0.5/24');
    expect(await reaches(1, '10.64.0.6')).to.equal(true);
    expect(await leases()).to.equal('2');
  });

  it('repairs a lost interface', async () => {
    const plan = planOf([attachment(1, '10.64.0.5')]);
    await network(staticList).apply(plan, fence(1), signal);
    await inside(1, 'ip link del eth0');
    expect((await network(staticList).read(signal)).intact).to.deep.equal([]);
    await network(staticList).apply(plan, fence(1), signal);
    expect(await inside(1, 'ip -o -4 addr show dev eth0')).to.contain('10.64.0.5/24');
  });

  it('one plugin that fails fails one container, and leaves nothing of it', async () => {
    const plan = planOf([attachment(1, '10.65.0.5'), attachment(2, '10.64.0.6')]);
    const error = await network(pointToPoint)
      .apply(plan, fence(1), signal)
      .catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(BatchFailed).with.property('failed').that.has.all.keys(uid(1));
    expect(error).to.have.property('message').that.contains('plugin ptp').and.contains('10.65.0.5');
    expect(await leases()).to.equal('1');
    expect(await inside(2, 'ip -o -4 addr show dev eth0')).to.contain('10.64.0.6');
  });

  it('a plugin that takes nothing back fails the namespace, which is tried again', async () => {
    const stubborn: Settings['plugins'] = [...hostLocal, { type: 'stubborn' }];
    await host.run('mkdir -p /run/plugins && cat >/run/plugins/stubborn && chmod +x /run/plugins/stubborn', {
      stdin: STUBBORN,
    });
    await network(stubborn).apply(planOf([attachment(1, '10.64.0.5')]), fence(1), signal);
    const error = await network(stubborn)
      .apply(planOf([]), fence(1), signal)
      .catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(BatchFailed);
    expect([...(error as BatchFailed).failed]).to.deep.equal([[namespace(1), 'DEL: not yet']]);
    expect((await network(stubborn).read(signal)).intact).to.deep.equal([]);
    await host.sh(': >/run/willing');
    await network(stubborn).apply(planOf([]), fence(1), signal);
    expect(await leases()).to.equal('0');
  });

  it('refuses a leader that was followed by another', async () => {
    await network(staticList).apply(planOf([attachment(1, '10.64.0.5')]), fence(2), signal);
    const error = await network(staticList)
      .apply(planOf([]), fence(1), signal)
      .catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(Fenced);
    expect((await network(staticList).read(signal)).namespaces).to.have.length(1);
  });
});
