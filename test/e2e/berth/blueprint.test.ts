import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { expect } from 'chai';
import { silent, systemClock } from '../../../lib/platform/index.ts';
import { createEtcd } from '../../../lib/store/etcd/index.ts';
import { Installation } from '../../harness/berth.ts';
import { docker } from '../../harness/docker.ts';
import type { SandboxMachine } from '../../harness/machines.ts';
import { until } from '../../harness/until.ts';

const CLOUD = `
apiVersion: berth/v1
kind: DockerCloud
metadata: { name: my-docker-cloud }
spec:
  location: sandbox
  hosts: { min: 3, max: 3 }
  placement: { strategies: [breadthFirst] }
`;
const PNG = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');

const slide = (name: string): Promise<string> =>
  readFile(new URL(`../../../examples/talk/slide-${name}.yaml`, import.meta.url), 'utf8');

/** The whole way with real parts. etcd demands passwords: all may read, and each controller writes under its own role. */
describe('the blueprints of the talk on three machines', function () {
  this.timeout(240_000);
  let berth: Installation;
  let machines: SandboxMachine[];
  let foreign: string[];
  let clean: Awaited<ReturnType<Installation['footprint']>>;

  before(async () => {
    berth = await Installation.start({ auth: 'roles' });
    await berth.etcd.ctl('put', '/berth/v1/dockerclouds/my-docker-cloud', CLOUD);
    await berth.ready('dockerclouds', 'my-docker-cloud');
    machines = await berth.machines();
    foreign = await Promise.all(machines.map((machine) => machine.startForeign()));
    clean = await berth.footprint();
  });

  after(() => berth?.close());

  it('runs Application Blueprint 1 verbatim: a page that counts its visits, with a picture', async () => {
    await putSlide('my-application', '29-blueprint-1');
    expect(await visits()).to.deep.equal([1, 2, 3]);
    const picture = await fetch(`${await url()}monster/Joe?size=80`);
    const bytes = Buffer.from(await picture.arrayBuffer());
    expect(bytes.subarray(0, PNG.length)).to.deep.equal(PNG);
    expect(new Set((await berth.list('assignments')).map(({ id }) => id.split('/')[0])).size).to.equal(3);
  });

  it('makes one clean new application of what is deleted and put again within a second', async () => {
    const before = await berth.details();
    await berth.delete('applications/default/my-application');
    await putSlide('my-application', '29-blueprint-1');
    const after = await berth.details();
    expect(after.size).to.equal(3);
    const ids = new Set([...before.values()].map(({ id }) => id));
    for (const [name, { id }] of after) expect(ids.has(id), name).to.equal(false);
    // Its redis has counted nobody yet.
    expect(await visits()).to.deep.equal([1, 2, 3]);
  });

  it('leaves nothing of it when it is deleted: no container, namespace, interface, route, rule, address, key', async () => {
    await drop('my-application');
  });

  it('runs the blueprint of slide 13 verbatim: redis on the very port of its host, and nothing of it later', async () => {
    await putSlide('redis-service', '13-docker-hub-redis');
    const [assignment] = await berth.list('assignments');
    const host = assignment!.id.split('/')[0];
    const { address } = machines.find((machine) => machine.host === host)!;
    expect(await say(address, 6379, 'PING\r\n')).to.equal('+PONG\r\n');
    await drop('redis-service');
  });

  it('lets no controller write beyond its role, nor anybody without a password', async () => {
    for (const [who, key] of [
      ['placement', '/berth/v1/hosts/my-docker-cloud/h-1'],
      ['application', '/berth/v1/applications/default/shop'],
      ['application', '/berth/v1/assignments/h-1/default/shop/web-0'],
      ['ippool', '/berth/v1/observed/h-1/default/shop/web-0'],
      ['container', '/calico/ipam/v2/config'],
      ['hostpool', '/berth/v1/leaders/placement'],
      ['reader', '/berth/v1/events/x'],
      ['nobody', '/berth/v1/applications/default/shop'],
    ] as const) {
      const kv = createEtcd({
        ...{ endpoints: [berth.etcd.endpoint], clock: systemClock, log: silent },
        ...berth.credentials[who],
      });
      const refused: unknown = await kv
        .txn({ compare: [], then: [{ put: key, value: '{}' }] })
        .catch((error: unknown) => error);
      kv.close();
      expect(refused, `${who} ${key}`).to.have.property('code', 'BERTH_STORE_DENIED');
    }
  });

  it('let no secret out into a log, a record or a list of processes and containers', async () => {
    const { ca, client, ssh } = (await berth.secretsOf('my-docker-cloud'))!;
    // Of a key the line in its middle.
    const keys = [ca.key, client.key, ssh.privateKey].map((pem) => pem.split('\n')[2]!);
    const secrets = [
      ...keys,
      await berth.identity(),
      ...Object.values(berth.credentials).map(({ password }) => password),
    ];
    const ids = machines.map(({ id }) => id);
    const { kvs } = await berth.kv.range({ key: '/', end: '0' });
    const places: Record<string, string> = {
      'the log': await berth.replicas[0]!.log(),
      'the arguments': await readFile(`/proc/${berth.replicas[0]!.pid}/cmdline`, 'utf8'),
      'the machines’ containers': await docker('inspect', ...ids),
      'the machines’ processes': (
        await Promise.all(machines.map((each) => each.sh('cat /proc/[0-9]*/cmdline || true')))
      ).join(),
      etcd: kvs.map(({ value }) => value.toString('latin1')).join(),
    };
    for (const [place, text] of Object.entries(places)) {
      expect(text, place).to.not.equal('');
      for (const secret of secrets) expect(text.includes(secret), place).to.equal(false);
    }
  });

  it('broke no invariant at any revision, and never touched the containers of others', async () => {
    expect(await berth.witness.sample()).to.deep.equal([]);
    expect(await Promise.all(machines.map((machine) => machine.foreign()))).to.deep.equal(foreign);
  });

  it('leaves nothing of the cloud: no machine, and no key but those that outlive everything', async () => {
    await berth.delete('dockerclouds/my-docker-cloud');
    await until('the machines to go', async () => (await berth.machines()).length === 0);
    await until('the records to go', async () => (await berth.leftovers()).length === 0, {
      explain: () => berth.leftovers(),
    });
  });

  async function putSlide(application: string, name: string): Promise<void> {
    await berth.etcd.ctl('put', `/berth/v1/applications/default/${application}`, await slide(name));
    await berth.ready('applications', `default/${application}`);
    await berth.rest();
  }

  async function drop(application: string): Promise<void> {
    await berth.etcd.ctl('del', `/berth/v1/applications/default/${application}`);
    await until('its records to go', async () => !(await berth.get('accepted/applications', `default/${application}`)));
    expect(await berth.footprint()).to.deep.equal(clean);
  }

  /** Of the application, at the mapped port 80. */
  async function url(): Promise<string> {
    const assignment = (await berth.list('assignments')).find(({ id }) => id.endsWith('/app-service-0'));
    const host = assignment!.id.split('/')[0];
    return `http://${machines.find((machine) => machine.host === host)!.address}:80/`;
  }

  /** Three calls of the page. Its server needs a moment from the start of its process. */
  async function visits(): Promise<number[]> {
    const page = await url();
    const first = await until('the page', async () => countOf(await fetch(page)), { ms: 20_000 });
    return [first, await countOf(await fetch(page)), await countOf(await fetch(page))];
  }
});

async function countOf(response: Response): Promise<number> {
  const text = await response.text();
  const count = /Visits: (\d+)/.exec(text)?.[1];
  if (!response.ok || count === undefined) throw new Error(`${response.status} ${text}`);
  return Number(count);
}

/** What a server answers first to a line. */
async function say(host: string, port: number, line: string): Promise<string> {
  const socket = connect(port, host);
  try {
    socket.end(line);
    const [answer]: Buffer[] = await once(socket, 'data', { signal: AbortSignal.timeout(5000) });
    return String(answer);
  } finally {
    socket.destroy();
  }
}
