import { expect } from 'chai';
import { daemonOptions } from '../../../../controllers/hostpool/prepare/daemon.ts';
import { parseNameservers, parsePorts } from '../../../../controllers/hostpool/prepare/facts.ts';
import { preparationHash, prepare, StepFailed, steps } from '../../../../controllers/hostpool/prepare/index.ts';
import { VirtualClock } from '../../../../lib/simulation/index.ts';
import { readCertificate } from '../../../../lib/tls/index.ts';
import { FakeMachine, machineOf, spec } from './fake.ts';

const DAY = 86_400_000;

describe('preparing a machine', () => {
  let fake: FakeMachine;
  let clock: VirtualClock;
  beforeEach(() => {
    fake = new FakeMachine();
    clock = new VirtualClock();
  });
  afterEach(() => fake.dispose());

  it('takes every step on a bare machine', async () => {
    const applied = await prepare(await machineOf(fake, clock));
    // Without systemd there is no unit; the engine answers as soon as it runs.
    expect(applied).to.deep.equal(
      steps.map(({ name }) => name).filter((name) => name !== 'SystemdUnit' && name !== 'EngineAnswers'),
    );
    expect(fake.files.get('/var/lib/berth/installation')).to.equal('ours\n');
    expect(readCertificate(fake.files.get('/etc/docker/berth/cert.pem')!)).to.deep.include({
      names: ['c-abc123'],
      addresses: ['10.0.0.1'],
    });
  });

  it('changes nothing the second time', async () => {
    await prepare(await machineOf(fake, clock));
    const changes = fake.changes.length;
    expect(await prepare(await machineOf(fake, clock))).to.deep.equal([]);
    expect(fake.changes.length).to.equal(changes);
  });

  it('comes to the same end when it is cut off before any change', async () => {
    await prepare(await machineOf(fake, clock));
    const total = fake.changes.length;
    for (let cut = 0; cut < total; cut++) {
      const machine = new FakeMachine();
      machine.failAt = cut;
      const failed = await prepare(await machineOf(machine, clock)).catch((error: unknown) => error);
      expect(failed, `cut at ${cut}`).to.be.instanceOf(StepFailed);
      machine.failAt = Number.POSITIVE_INFINITY;
      await prepare(await machineOf(machine, clock));
      expect([...machine.files.keys()].sort()).to.deep.equal([...fake.files.keys()].sort());
      expect(machine.running).to.equal(true);
      machine.dispose();
    }
  });

  it('refuses a machine of another installation before it changes anything', async () => {
    fake.files.set('/var/lib/berth/installation', 'theirs\n');
    const error = await prepare(await machineOf(fake, clock)).catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(StepFailed).with.property('step', 'Installation');
    expect(error).to.have.nested.property('cause.code', 'BERTH_FOREIGN');
    expect(fake.changes).to.deep.equal([]);
  });

  it('says what is missing where it cannot install it', async () => {
    fake.programs = new Set(['ip']);
    const error = await prepare(await machineOf(fake, clock)).catch((thrown: unknown) => thrown);
    expect(error).to.have.nested.property('cause.message').that.contains('dockerd').and.contains('apt-get');
  });

  it('renews the certificate after two thirds of its life, and keeps the key', async () => {
    await prepare(await machineOf(fake, clock));
    const [key, certificate] = [fake.key(), fake.files.get('/etc/docker/berth/cert.pem')];
    clock.jump(59 * DAY);
    expect(await prepare(await machineOf(fake, clock))).to.deep.equal([]);
    clock.jump(2 * DAY);
    expect(await prepare(await machineOf(fake, clock))).to.deep.equal(['Certificates']);
    expect(fake.key()).to.equal(key);
    expect(fake.files.get('/etc/docker/berth/cert.pem')).to.not.equal(certificate);
  });

  it('asks for another certificate when the address changes', async () => {
    await prepare(await machineOf(fake, clock));
    expect(await prepare(await machineOf(fake, clock, { address: '10.0.0.2' }))).to.deep.equal(['Certificates']);
  });

  it('overrides the unit where systemd runs', async () => {
    fake.systemd = true;
    await prepare(await machineOf(fake, clock));
    expect(fake.files.get('/etc/systemd/system/docker.service.d/berth.conf')).to.contain(
      'ExecStart=\nExecStart=/usr/sbin/dockerd\n',
    );
  });

  it('never has a key in a command line', async () => {
    await prepare(await machineOf(fake, clock));
    for (const command of fake.changes) expect(command).to.not.contain('PRIVATE KEY');
  });
});

describe('daemonOptions', () => {
  const withDocker = (docker: Partial<typeof spec.docker>) => ({ docker: { ...spec.docker, ...docker } });

  it('lets the user’s options win', () =>
    expect(
      daemonOptions(withDocker({ logDriver: 'json-file', daemon: { 'log-driver': 'local', debug: true } }), []),
    ).to.include({
      'log-driver': 'local',
      debug: true,
    }));

  it('but keeps how the engine is reached, and the shim beside other runtimes', () =>
    expect(
      daemonOptions(
        withDocker({
          daemon: { tlsverify: false, hosts: ['tcp://0.0.0.0:2375'], runtimes: { crun: { path: '/usr/bin/crun' } } },
        }),
        [],
      ),
    )
      .to.deep.include({ tlsverify: true, hosts: ['unix:///var/run/docker.sock', 'tcp://0.0.0.0:2376'] })
      .and.have.property('runtimes')
      .that.has.all.keys('berth', 'crun'));
});

describe('preparationHash', () => {
  const given = { spec, registryMirrors: [], address: '10.0.0.1', installation: 'ours', authority: 'CA' };
  it('changes with what a machine is prepared for', () => {
    const hashes = [
      given,
      { ...given, address: '10.0.0.2' },
      { ...given, authority: 'other' },
      { ...given, registryMirrors: ['http://mirror'] },
      { ...given, spec: { ...spec, docker: { ...spec.docker, storageDriver: 'overlay2' as const } } },
    ].map(preparationHash);
    expect(new Set(hashes)).to.have.property('size', hashes.length);
  });

  it('does not change with what concerns no machine', () =>
    expect(preparationHash({ ...given, spec: { ...spec, hosts: { min: 5, max: 9 } } })).to.equal(
      preparationHash(given),
    ));
});

describe('parsePorts', () => {
  it('reads what ss prints', () =>
    expect(
      parsePorts(`tcp   LISTEN 0      128          0.0.0.0:22        0.0.0.0:*
tcp   LISTEN 0      128             [::]:22           [::]:*
tcp   LISTEN 0      4096               *:2376            *:*
udp   UNCONN 0      0      127.0.0.53%lo:53        0.0.0.0:*
udp   UNCONN 0      0            0.0.0.0:45123     0.0.0.0:*
`),
    ).to.deep.equal([
      { port: 22, protocol: 'tcp' },
      { port: 53, protocol: 'udp' },
      { port: 2376, protocol: 'tcp' },
    ]));
});

describe('parseNameservers', () => {
  for (const [what, resolv, behind, found] of [
    [
      'those of resolv.conf',
      'search x\nnameserver 10.0.0.2\nnameserver 2001:db8::53\n',
      '',
      ['10.0.0.2', '2001:db8::53'],
    ],
    ['those behind the stub of systemd-resolved', 'nameserver 127.0.0.53\n', 'nameserver 10.0.0.2\n', ['10.0.0.2']],
    ['none where all are on the machine itself', 'nameserver 127.0.0.1\nnameserver ::1\n', '', []],
    ['none that means something on one link only', 'nameserver fe80::1%eth0\n', '', []],
    ['each once', 'nameserver 10.0.0.2\nnameserver 10.0.0.2\n', '', ['10.0.0.2']],
  ] as const)
    it(`are ${what}`, () => expect(parseNameservers(resolv, behind)).to.deep.equal([...found]));
});
