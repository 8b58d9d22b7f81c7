import { get } from 'node:https';
import { expect } from 'chai';
import type { CloudSecrets } from '../../../lib/records/index.ts';
import { createAuthority, issueClient, type KeyPair } from '../../../lib/tls/index.ts';
import { docker, RealRig } from './rig.ts';

const CLOUD = 'sandy';

describe('hostpool with sandbox machines', function () {
  this.timeout(300_000);
  const rig = new RealRig();
  before(() => rig.start());
  after(() => rig.close(CLOUD));
  const machineOf = (name: string) => `berth-machine-${name}`;
  const containers = () =>
    docker('ps', '-a', '--filter', `name=${machineOf(CLOUD)}-`, '--format', '{{.Names}}')
      .split('\n')
      .filter((name) => name !== '');
  const optionsOf = (name: string): object =>
    JSON.parse(docker('exec', machineOf(name), 'cat', '/etc/docker/daemon.json'));
  const downloads = (limit: number) => ({
    location: 'sandbox',
    hosts: { min: 1 },
    docker: { daemon: { 'max-concurrent-downloads': limit } },
  });

  it('makes a machine a host: engine over mutual TLS, runtime shim, daemon options, capacity', async () => {
    await rig.put(CLOUD, downloads(7));
    await rig.ready(CLOUD, 1);
    const [host] = rig.hosts(CLOUD);
    expect(host).to.deep.include({ engine: { kind: 'tls', port: 2376 }, shim: true, phase: 'Ready', drain: false });
    expect(host!.ssh?.hostKey).to.match(/SHA256:/);
    expect(host!.capacity.cpus).to.be.greaterThan(0);
    expect(host!.foreignPorts).to.deep.include({ port: 22, protocol: 'tcp' });
    expect(containers()).to.deep.equal([machineOf(host!.name)]);
    expect(optionsOf(host!.name)).to.include({ 'max-concurrent-downloads': 7, tlsverify: true });
  });

  it('lets nobody into an engine without the cloud’s certificate', async () => {
    const { address: host } = rig.hosts(CLOUD)[0]!;
    const { ca, client }: CloudSecrets = JSON.parse(rig.cache.get('credentials', CLOUD)!.value.sealed);
    const stranger = await issueClient(await createAuthority('another', Date.now()), 'stranger', Date.now());
    const engine = { host, ca: ca.certificate };
    expect(await answerOf(engine, client)).to.equal('200');
    const refused = /alert (bad certificate|certificate required|unknown ca)/;
    expect(await answerOf(engine), 'without a certificate').to.match(refused);
    expect(await answerOf(engine, stranger), 'with one of another authority').to.match(refused);
  });

  it('changes the engine’s options', async () => {
    const before = rig.hosts(CLOUD)[0]!;
    await rig.put(CLOUD, downloads(5));
    await rig.until('new options', CLOUD, () => {
      const [host] = rig.hosts(CLOUD);
      return host!.prepared !== before.prepared && host!.schedulable;
    });
    expect(optionsOf(before.name)).to.include({ 'max-concurrent-downloads': 5 });
  });

  it('starts a machine that was stopped, whatever address it comes back with', async () => {
    const { name } = rig.hosts(CLOUD)[0]!;
    docker('stop', '-t', '1', machineOf(name));
    await rig.until('its engine to answer', CLOUD, () => {
      try {
        return docker('exec', machineOf(name), 'docker', 'version').includes('Server:');
      } catch {
        return false;
      }
    });
    await rig.ready(CLOUD, 1);
    expect(rig.hosts(CLOUD).map((host) => host.name)).to.deep.equal([name]);
  });

  it('replaces a machine that was removed', async () => {
    const { name } = rig.hosts(CLOUD)[0]!;
    docker('rm', '-f', '-v', machineOf(name));
    await rig.until('its record to go', CLOUD, () => !rig.hosts(CLOUD).some((host) => host.name === name));
    await rig.ready(CLOUD, 1);
  });

  it('leaves nothing behind when the cloud is deleted', async () => {
    await rig.delete(CLOUD);
    expect(containers()).to.deep.equal([]);
    for (const kind of ['hosts', 'credentials', 'schedulable', 'machineclaims'] as const)
      expect(rig.cache.list(kind), kind).to.have.length(0);
  });
});

/** What an engine says to who knows its authority, and shows this certificate: the HTTP status, or what was wrong. */
function answerOf({ host, ca }: { host: string; ca: string }, shown?: KeyPair): Promise<string> {
  return new Promise((resolve) => {
    get(
      {
        ...{ host, port: 2376, path: '/version', agent: false, timeout: 10_000, ca },
        ...(shown ? { cert: shown.certificate, key: shown.key } : {}),
        // In 1.3 the refusal comes after the client may have sent its request, and can get lost.
        maxVersion: 'TLSv1.2',
      },
      (response) => resolve(String(response.resume().statusCode)),
    )
      .on('timeout', () => resolve('silence'))
      .on('error', (error) => resolve(error.message));
  });
}
