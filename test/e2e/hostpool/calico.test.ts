import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { systemRandom, uid } from '../../../lib/platform/index.ts';
import { calicoRole, keyspace, roleAsEtcdctl } from '../../../lib/store/index.ts';
import { TEST_LABEL } from '../../harness/docker.ts';
import { docker, RealRig } from './rig.ts';

const CLOUD = 'felix';
const ETCD = `berth-test-calico-etcd-${uid(systemRandom)}`;
const USER = 'berth-v1-calico-node';

/**
 * A host that joins a network of calico/node, with the stand-in of the test bed for that: it tells what it was given, and what its user
 * in etcd may do. etcd runs in a container, for hosts to reach it.
 */
describe('hostpool with the provider calico', function () {
  this.timeout(300_000);
  const rig = new RealRig();
  const folder = mkdtempSync(join(tmpdir(), 'berth-calico-'));
  let endpoint: string;
  const etcdctl = (...args: string[]) =>
    execFileSync('etcdctl', [`--endpoints=${endpoint}`, `--cacert=${join(folder, 'cert.pem')}`, ...args], {
      env: { PATH: process.env.PATH, ETCDCTL_API: '3' },
      stdio: ['ignore', 'pipe', 'pipe'],
    }).toString();

  before(async () => {
    const options = ['--name', ETCD, '--label', TEST_LABEL, '-v', '/usr/bin/etcd:/usr/bin/etcd:ro'];
    docker('run', '-d', ...options, 'berth-bed-rootfs', 'sh', '-c', START);
    const address = docker('inspect', '-f', '{{.NetworkSettings.IPAddress}}', ETCD);
    endpoint = `https://${address}:2379`;
    const subject = ['-subj', '/CN=etcd', '-addext', `subjectAltName=IP:${address},IP:127.0.0.1`];
    const files = ['-keyout', join(folder, 'key.pem'), '-out', join(folder, 'cert.pem')];
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
    execFileSync('openssl', ['req', '-x509', ...key, ...files, ...subject], { stdio: 'ignore' });
    docker('cp', join(folder, 'key.pem'), `${ETCD}:/key.pem`);
    docker('cp', join(folder, 'cert.pem'), `${ETCD}:/cert.pem`);
    await rig.until('etcd', CLOUD, () => answers(() => etcdctl('endpoint', 'health')));
    for (const command of roleAsEtcdctl(calicoRole(keyspace()))) etcdctl(...command.split(' ').slice(1));
    etcdctl('user', 'add', `${USER}:secret1234`);
    etcdctl('user', 'grant-role', USER, USER);
    etcdctl('user', 'add', 'root:root');
    etcdctl('user', 'grant-role', 'root', 'root');
    etcdctl('auth', 'enable');
    writeFileSync(join(folder, 'user'), `${USER}:secret1234\n`, { mode: 0o600 });
    rig.start();
  });
  after(async () => {
    try {
      await rig.close(CLOUD);
    } finally {
      docker('rm', '-f', '-v', ETCD);
      rmSync(folder, { recursive: true, force: true });
    }
  });

  const spec = (network: object) => ({ location: 'sandbox', hosts: { min: 1 }, network });
  const calico = (more: object = {}) => ({
    provider: 'calico',
    calico: { etcd: { endpoints: [endpoint], caFile: join(folder, 'cert.pem'), userFile: join(folder, 'user') } },
    ...more,
  });
  const onHost = (...command: string[]) => docker('exec', `berth-machine-${rig.hosts(CLOUD)[0]!.name}`, ...command);
  const inspect = (format: string) => onHost('docker', 'inspect', '-f', format, 'calico-node');
  const installation = () => rig.cache.get('installation', '')?.value.id;
  const report = () => JSON.parse(onHost('cat', '/var/log/calico/stand-in.json'));
  const prepared = async (before: string | undefined) =>
    rig.until('another preparation', CLOUD, () => {
      const [host] = rig.hosts(CLOUD);
      return host?.prepared !== undefined && host.prepared !== before && host.schedulable;
    });

  it('starts calico/node on each host, which finds etcd, itself and its mounts', async () => {
    await rig.put(CLOUD, spec(calico({ encapsulation: 'vxlanCrossSubnet', mtu: 1400 })));
    await rig.ready(CLOUD, 1);
    await rig.until('its report', CLOUD, () => answers(() => onHost('test', '-e', '/var/log/calico/stand-in.json')));
    const [host] = rig.hosts(CLOUD);
    const said = report();
    expect(said.environment).to.include({
      ...{ NODENAME: host!.name, DATASTORE_TYPE: 'etcdv3', CALICO_NETWORKING_BACKEND: 'vxlan', FELIX_VXLANMTU: '1400' },
      ...{ IP: 'autodetect', IP_AUTODETECTION_METHOD: `cidr=${host!.address}/32`, ETCD_ENDPOINTS: endpoint },
    });
    expect(said.unmounted).to.deep.equal([]);
    expect(said.secrets).to.deep.equal({ [`/etc/berth/${installation()}/calico/ca.pem`]: '0o600' });
    expect(host).to.have.property('networkProvider', 'calico');
    expect(inspect('{{.HostConfig.NetworkMode}} {{.HostConfig.RestartPolicy.Name}} {{.Config.Image}}')).to.equal(
      'host always calico/node:v3.32.1',
    );
    expect(host)
      .to.have.property('subnet')
      .that.matches(/^172\.\d+\.0\.0\/\d+$/);
  });

  it('with a user that reads and writes Calico’s keys and none of berth’s', () => {
    const said = report();
    expect(said).to.include({ readsCalico: true, writesCalico: true });
    expect(said.readsBerth).to.contain('permission denied');
    expect(said.writesBerth).to.contain('permission denied');
  });

  it('keeps the password out of labels and the host’s record', () => {
    expect(JSON.stringify(rig.hosts(CLOUD))).to.not.contain('secret1234');
    expect(inspect('{{json .Config.Labels}} {{json .Config.Cmd}} {{.Path}} {{json .Args}}')).to.not.contain(
      'secret1234',
    );
  });

  it('starts it anew with what the record says now', async () => {
    const [before, id] = [rig.hosts(CLOUD)[0]!.prepared, inspect('{{.Id}}')];
    await rig.put(CLOUD, spec(calico({ encapsulation: 'ipip' })));
    await prepared(before);
    expect(inspect('{{.Id}}')).to.not.equal(id);
    await rig.until('its report', CLOUD, () => report().environment.CALICO_NETWORKING_BACKEND === 'bird');
  });

  it('takes it away when the cloud goes over to another provider', async () => {
    const before = rig.hosts(CLOUD)[0]!.prepared;
    await rig.put(CLOUD, spec({ provider: 'linux' }));
    await prepared(before);
    expect(onHost('docker', 'ps', '-aq')).to.equal('');
    expect(onHost('sh', '-c', 'ls -d /etc/berth/*/calico /var/lib/berth/*/calico-node 2>/dev/null || true')).to.equal(
      '',
    );
    expect(rig.hosts(CLOUD)[0]).to.have.property('networkProvider', 'linux');
    expect(onHost('sh', '-c', 'iptables -S FORWARD | grep berth-published || true')).to.equal('');
  });
});

const START = `until [ -e /cert.pem ]; do sleep 0.1; done
exec etcd --data-dir /data --listen-client-urls https://0.0.0.0:2379 --advertise-client-urls https://127.0.0.1:2379 --cert-file /cert.pem --key-file /key.pem`;

function answers(ask: () => unknown): boolean {
  try {
    ask();
    return true;
  } catch {
    return false;
  }
}
