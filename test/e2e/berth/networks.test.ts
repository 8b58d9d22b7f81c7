import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { Installation } from '../../harness/berth.ts';
import { BIND_KEY } from '../../harness/bind.ts';
import { docker } from '../../harness/docker.ts';
import type { SandboxMachine } from '../../harness/machines.ts';
import { until } from '../../harness/until.ts';
import { wrongCells } from './networks/ask.ts';
import {
  type Application,
  audit,
  auditor,
  CLOUD,
  cloud,
  networksOf,
  slide,
  slide25,
  tiers,
  ZONE,
} from './networks/declared.ts';
import { type Member, matrixOf, membersOf } from './networks/matrix.ts';
import { tell } from './networks/tell.ts';

const run = promisify(execFile);
/** Milliseconds that any change may take until all is green. */
const PATIENCE = 150_000;

/**
 * Slide 25's network with its BIND, three tiers on two networks, one shared network: whoever should reach whom does, and
 * nobody else, whatever happens to hosts and controllers. etcd demands passwords; each controller has its own role.
 */
describe('networks on three machines', function () {
  this.timeout(240_000);
  let berth: Installation;
  let clean: Awaited<ReturnType<Installation['footprint']>>;
  let nameServer: string;
  const applications = new Map<string, Application>();
  const shared: ReturnType<typeof audit>[] = [];

  before(async () => {
    berth = await Installation.start({ auth: 'roles' });
    const keyFile = join(berth.directory, 'berth-key.conf');
    await writeFile(keyFile, `key "${BIND_KEY.name}" { secret "${BIND_KEY.secret}"; };\n`);
    await berth.put(`dockerclouds/${CLOUD}`, JSON.stringify(cloud(keyFile)));
    await berth.ready('dockerclouds', CLOUD);
    clean = await berth.footprint();
  });

  after(() => berth?.close());

  it('answer NotSupportedYet to the slide as a whole, which has a network of OpenStack', async () => {
    await berth.put('applications/default/openstack', await slide25());
    const said = await until('an answer', () => berth.condition('applications', 'default/openstack', 'Accepted'));
    expect(said).to.equal('False NotSupportedYet');
    await berth.delete('applications/default/openstack');
  });

  it('are those of slide 25 with a BIND in it, whose address its members are handed', async () => {
    await put(await slide());
    await green('slide 25, put');
    nameServer = (await machineOf({ app: 'slide', name: 'bind-server-0' })).address;
    const [inside] = await addresses('default/slide/bind-server-0');
    expect((await berth.get('networks', 'default.slide.database-net'))?.value).to.deep.include({
      cidr: '192.168.34.0/24',
      gateway: '192.168.34.1',
      dns: [inside?.[1]],
    });
  });

  it('are those of three tiers, who ask the same BIND', async () => {
    await put(tiers(nameServer, { api: 2 }));
    await green('three tiers, put');
  });

  it('are shared, and open to one that they name', async () => {
    const since = performance.now();
    shared.push(audit(nameServer));
    await berth.put('virtualnetworks/audit', JSON.stringify(audit(nameServer)));
    await put(auditor());
    await until(
      'the first container',
      async () => {
        const [inside] = await addresses('default/books/auditor-0');
        // What is sent before the route is there goes elsewhere, and may be long in coming back.
        const machine = await machineOf({ app: 'books', name: 'auditor-0' });
        return (await machine.sh(`timeout 0.5 bash -c 'cat </dev/tcp/${inside?.[1]}/8080'`)) === 'auditor-0';
      },
      { every: 10 },
    );
    tell('a network, put, to its first container that answers', since);
    await green('a shared network, put', since);
  });

  it('are as they were after the ruleset of a host was flushed', async () => {
    const machine = await machineOf({ app: 'slide', name: 'bind-server-0' });
    await machine.sh('nft flush ruleset');
    await green('a flushed ruleset');
  });

  it('are as they were after a restart of an engine', async () => {
    const since = performance.now();
    // The one with BIND, whose zone outlives it.
    await (await machineOf({ app: 'slide', name: 'bind-server-0' })).restartEngine();
    await green('an engine restarted', since);
  });

  it('are as they were after a restart of a machine', async () => {
    const machine = await machineBesideBind();
    const since = performance.now();
    await docker('restart', '--time', '1', machine.id);
    await green('a machine restarted', since);
  });

  it('become what they should when controllers are killed in the middle of it', async () => {
    const since = performance.now();
    await put(tiers(nameServer, { api: 3 }));
    await until('one more to be under way', async () => (await assignments('default/tiers/api-2')).length > 0, {
      every: 5,
    });
    await berth.kill(berth.replicas[0]!);
    await berth.startReplica();
    await green('controllers killed in the middle', since);
  });

  it('are as they should be after a host is removed and another one added', async () => {
    const lost = await machineBesideBind();
    const since = performance.now();
    await docker('rm', '--force', '--volumes', lost.id);
    await until('its record to go', async () => !(await berth.get('hosts', `${CLOUD}/${lost.host}`)));
    await green('a host removed', since);
    await until(
      'another one',
      async () => (await berth.list('hosts')).filter(({ value }) => value.schedulable).length === 3,
    );
    // Somebody has to be on it.
    await put(tiers(nameServer, { api: 5 }));
    await green('another one added', since);
    const hosts = new Set((await berth.list('assignments')).map(({ id }) => id.split('/')[0]));
    expect(hosts.size).to.equal(3);
  });

  it('broke no invariant at any revision, and agree with Calico and with what hosts have', async () => {
    await berth.rest();
    expect(await berth.witness.sample()).to.deep.equal([]);
    expect(JSON.parse(await berth.cli('network', 'check', '-o', 'json'))).to.deep.include({ findings: [] });
  });

  it('leave no name behind', async () => {
    for (const name of ['tiers', 'books']) await drop(name);
    await berth.delete('virtualnetworks/audit');
    const left = await until('the names to go', async () => {
      const names = await zone();
      return names.every((name) => !/tiers|books/.test(name)) && names;
    });
    expect(left.length).to.be.greaterThan(0);
  });

  it('leave nothing behind, on hosts or in etcd', async () => {
    await drop('slide');
    await until('the networks to go', async () => (await berth.list('networks')).length === 0);
    const { keys, machines } = await berth.footprint();
    expect(keys.filter(isLeft)).to.deep.equal(clean.keys.filter(isLeft));
    const before = Object.values(clean.machines)[0];
    for (const [host, { containers, namespaces, interfaces, notes, rules, routes }] of Object.entries(machines)) {
      expect({ containers, namespaces, interfaces, notes }, host).to.deep.equal({
        containers: before?.containers,
        namespaces: before?.namespaces,
        interfaces: before?.interfaces,
        notes: before?.notes,
      });
      // Docker does not make all of its own again that was flushed.
      expect(
        [...rules, ...routes].filter((line) => /berth|cali|blackhole|\b10\.64\.|192\.168\.34\./.test(line)),
        host,
      ).deep.equal([]);
    }
    await berth.delete(`dockerclouds/${CLOUD}`);
    await until('the records to go', async () => (await berth.leftovers()).length === 0, {
      explain: () => berth.leftovers(),
    });
    const { kvs } = await berth.kv.range({ key: '/calico/', end: '/calico0', keysOnly: true });
    expect(kvs.map(({ key }) => key)).to.deep.equal([
      '/calico/ipam/v2/config',
      '/calico/resources/v3/projectcalico.org/clusterinformations/default',
      '/calico/resources/v3/projectcalico.org/tiers/default',
    ]);
  });

  async function put(application: Application): Promise<void> {
    applications.set(application.name, application);
    await berth.put(`applications/default/${application.name}`, JSON.stringify(application.blueprint));
  }

  async function drop(name: string): Promise<void> {
    applications.delete(name);
    await berth.delete(`applications/default/${name}`);
    await until(`the end of ${name}`, async () => !(await berth.get('accepted/applications', `default/${name}`)));
  }

  /** Until every cell is as it should be. */
  async function green(after: string, since = performance.now()): Promise<void> {
    let wrong: string[] = [];
    let [rounds, cells] = [0, 0];
    const look = async () => {
      rounds++;
      const held = new Map<string, ReadonlyMap<string, string>>();
      for (const { value, id } of await berth.list('endpoints'))
        held.set(
          id.slice(id.indexOf('/') + 1),
          new Map(value.interfaces.map(({ network, address }) => [network, address])),
        );
      const members = membersOf([...applications.values()], (id) => held.get(id));
      const machines = await machinesByMember();
      const matrix = matrixOf(members, networksOf([...applications.values()], shared));
      cells = matrix.reduce((sum, row) => sum + row.cells.length, 0);
      wrong = await wrongCells(matrix, ({ app, name }) => machines.get(`default/${app}/${name}`));
      return wrong.length === 0;
    };
    await until(`all to be green: ${after}`, look, { ms: PATIENCE, explain: () => wrong.slice(0, 30) });
    tell(`${after}, until ${cells} cells are green`, since, `${rounds} rounds`);
  }

  async function machinesByMember(): Promise<Map<string, SandboxMachine>> {
    const [machines, placed] = await Promise.all([berth.machines(), berth.list('assignments')]);
    return new Map(
      placed.flatMap(({ id }): [string, SandboxMachine][] => {
        const host = id.slice(0, id.indexOf('/'));
        const machine = machines.find((each) => each.host === host);
        return machine ? [[id.slice(host.length + 1), machine]] : [];
      }),
    );
  }

  async function machineOf({ app, name }: Pick<Member, 'app' | 'name'>): Promise<SandboxMachine> {
    const machine = (await machinesByMember()).get(`default/${app}/${name}`);
    if (!machine) throw new Error(`${name} is on no machine`);
    return machine;
  }

  /** Its containers may be anywhere else, and it may come back with another address: nobody has that of a name server. */
  async function machineBesideBind(): Promise<SandboxMachine> {
    const bind = await machineOf({ app: 'slide', name: 'bind-server-0' });
    const found = (await berth.machines()).find(({ host }) => host !== bind.host);
    if (!found) throw new Error('there is one machine only');
    return found;
  }

  const assignments = async (id: string) =>
    (await berth.list('assignments')).filter((assignment) => assignment.id.endsWith(`/${id}`));

  /** By network. */
  async function addresses(id: string): Promise<[string, string][]> {
    const found = (await berth.list('endpoints')).find((endpoint) => endpoint.id.endsWith(`/${id}`));
    return found?.value.interfaces.map(({ network, address }) => [network, address]) ?? [];
  }

  /** All that BIND has. */
  async function zone(): Promise<string[]> {
    const key = `hmac-sha256:${BIND_KEY.name}:${BIND_KEY.secret}`;
    const { stdout } = await run('dig', ['+nocomments', '-y', key, `@${nameServer}`, ZONE, 'AXFR']);
    const lines = stdout.split('\n').filter((line) => /\sIN\s/.test(line));
    if (lines.length === 0) throw new Error(stdout);
    return lines;
  }
});

/** Of hosts other records are left, as others have come. */
const isLeft = (key: string): boolean => !/^\/berth\/v1\/(hosts|schedulable)\//.test(key);
