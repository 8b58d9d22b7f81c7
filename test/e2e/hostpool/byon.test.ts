import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { createDockerEngine } from '../../../lib/docker/index.ts';
import { missingHere } from '../../../lib/machine/index.ts';
import { machineContainer } from '../../../lib/machine/sandbox/container.ts';
import { systemClock, systemRandom, uid } from '../../../lib/platform/index.ts';
import { fingerprintsOf } from '../../../lib/ssh/index.ts';
import { TEST_LABEL } from '../../harness/docker.ts';
import { docker, RealRig } from './rig.ts';

const CLOUD = 'yours';
const MACHINE = `berth-test-byon-${uid(systemRandom)}`;

/** A machine that somebody else made: a container like a sandbox machine, without any label of berth's own. */
describe('hostpool with a machine of the user’s own', function () {
  this.timeout(300_000);
  const rig = new RealRig();
  const folder = mkdtempSync(join(tmpdir(), 'berth-byon-'));
  const key = join(folder, 'id_ed25519');
  let address: string;
  let hostKey: string;

  before(async () => {
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key]);
    const engine = createDockerEngine({ socketPath: '/var/run/docker.sock' }, { clock: systemClock });
    const options = machineContainer(
      {
        ...{ host: MACHINE, cloud: '', installation: '', sshPublicKey: readFileSync(`${key}.pub`, 'utf8') },
        location: { driver: 'sandbox', text: 'sandbox' },
      },
      await missingHere(),
    );
    await engine.start(await engine.create({ ...options, name: MACHINE, labels: { [TEST_LABEL]: '' } }));
    engine.close();
    address = docker('exec', MACHINE, 'hostname', '-i');
    await rig.until('host keys', CLOUD, () => {
      const keys = docker('exec', MACHINE, 'sh', '-c', 'cat /etc/ssh/ssh_host_ed25519_key.pub || true');
      hostKey = fingerprintsOf(keys)[0] ?? '';
      return hostKey !== '';
    });
    rig.start();
  });
  after(async () => {
    try {
      await rig.close(CLOUD);
    } finally {
      docker('rm', '-f', '-v', MACHINE);
      rmSync(folder, { recursive: true, force: true });
    }
  });

  const spec = (hostKeys: Record<string, string>, hosts = address) => ({
    location: `byon:(hosts="${hosts}")`,
    ssh: { privateKeyFile: key, hostKeys },
    hosts: { min: 1, max: 2 },
  });
  const file = (path: string) => docker('exec', MACHINE, 'sh', '-c', `cat ${path} 2>/dev/null || echo none`);
  const readiness = () => rig.status(CLOUD)?.conditions.find(({ type }) => type === 'Ready');

  it('does not contact a machine whose host key nobody named, and says which key it showed', async () => {
    await rig.put(CLOUD, spec({}));
    await rig.until('a condition', CLOUD, () => readiness()?.reason === 'HostKey');
    expect(readiness()?.message).to.contain(hostKey).and.contain('spec.ssh.hostKeys');
    expect(file('/var/lib/berth/installation')).to.equal('none');
  });

  it('takes it once the key is named, and claims it by address and by key', async () => {
    await rig.put(CLOUD, spec({ [address]: hostKey }));
    await rig.ready(CLOUD, 1);
    const claims = rig.cache.list('machineclaims').map(({ id }) => id);
    expect(claims).to.have.length(2).and.to.include(`byon/${address}:22`);
    expect(rig.hosts(CLOUD)[0]).to.include({ machineId: `${address}:22`, address, shim: true });
  });

  it('says that no machine is left, without trying on', async () => {
    await rig.put(CLOUD, { ...spec({ [address]: hostKey }), hosts: { min: 2, max: 2 } });
    const lacks = () =>
      rig
        .status(CLOUD)
        ?.conditions.some(({ type, reason }) => type === 'MachinesAvailable' && reason === 'NoMachine') === true;
    await rig.until('the condition', CLOUD, lacks);
    expect(rig.hosts(CLOUD)).to.have.length(1);
  });

  it('gives the machine back as it was', async () => {
    await rig.delete(CLOUD);
    expect(rig.cache.list('machineclaims')).to.have.length(0);
    for (const path of ['/var/lib/berth/installation', '/etc/docker/daemon.json', '/etc/docker/berth/key.pem'])
      expect(file(path), path).to.equal('none');
  });
});
