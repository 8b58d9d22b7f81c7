import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { keyspace } from '../../../lib/store/index.ts';
import { Installation } from '../../harness/berth.ts';
import { BIND_KEY } from '../../harness/bind.ts';
import { until } from '../../harness/until.ts';

const run = promisify(execFile);
const keys = keyspace();

const cloud = (keyFile: string): string => `
apiVersion: berth/v1
kind: DockerCloud
spec:
  location: sandbox
  hosts: { min: 1, max: 1 }
  dns:
    reverseZones: [10.in-addr.arpa]
    servers:
      - service: default/dns/bind-server
        key: { name: ${BIND_KEY.name}, secretFile: ${keyFile} }
`;
const DNS = `
location: c
services:
  - id: bind-server
    type: docker:bind9:latest
    mappedPorts: ["53:53", "53:53/udp"]
    env: { ZONES: berth 10.in-addr.arpa, SECRET: "${BIND_KEY.secret}" }
    stopGrace: 1s
`;
const SHOP = `
location: c
services:
  - { id: web, type: docker:redis:3, replicas: 2, openPorts: 6379, stopGrace: 1s }
`;
const WEB = 'web.shop.default.berth';

/** The name server is a service of the very cloud whose names it has: a real BIND, found by its published port. */
describe('names in a real BIND', function () {
  this.timeout(240_000);
  let berth: Installation;
  let server: string;

  before(async () => {
    berth = await Installation.start();
    await writeFile(join(berth.directory, 'right.key'), `key "x" { secret "${BIND_KEY.secret}"; };\n`);
    await writeFile(join(berth.directory, 'wrong.key'), Buffer.from('another secret').toString('base64'));
    await berth.put('dockerclouds/c', cloud(join(berth.directory, 'right.key')));
    await berth.put('applications/default/dns', DNS);
    await berth.ready('applications', 'default/dns', { ms: 120_000 });
    server = (await berth.machines())[0]?.address ?? '';
  });

  after(() => berth?.close());

  it('are there as soon as containers run: of service, containers, ports and addresses', async () => {
    await berth.put('applications/default/shop', SHOP);
    await berth.ready('applications', 'default/shop');
    const addresses = (await berth.list('endpoints'))
      .filter(({ id }) => id.includes('/default/shop/'))
      .map(({ value }) => value.interfaces[0]?.address ?? '')
      .sort();
    expect(addresses.length).to.equal(2);
    await until('the names', async () => (await dig(WEB, 'A')).length === 2, { ms: 5000 });
    expect(await dig(WEB, 'A')).to.deep.equal(addresses);
    expect(await dig(`_6379._tcp.${WEB}`, 'SRV')).to.deep.equal([
      '0 0 6379 web-0.shop.default.berth.',
      '0 0 6379 web-1.shop.default.berth.',
    ]);
    const [first = ''] = await dig('web-0.shop.default.berth', 'A');
    expect(addresses).to.include(first);
    expect(await dig(`${first.split('.').reverse().join('.')}.in-addr.arpa`, 'PTR')).to.deep.equal([
      'web-0.shop.default.berth.',
    ]);
  });

  it('stay when the key is wrong, with what to do about it in an event, and without the secret anywhere', async () => {
    await berth.put('dockerclouds/c', cloud(join(berth.directory, 'wrong.key')));
    const event = await until('the event', async () =>
      (await berth.list('events')).find(({ value }) => value.reason === 'NameServerRefused'),
    );
    expect(event.value.message).to.include('BADSIG').and.include(`the secret of the key ${BIND_KEY.name}`);
    expect((await dig(WEB, 'A')).length).to.equal(2);
    await berth.put('dockerclouds/c', cloud(join(berth.directory, 'right.key')));
    await berth.put('applications/default/shop', SHOP.replace('replicas: 2', 'replicas: 3'));
    await until('the third name', async () => (await dig(WEB, 'A')).length === 3);
    expect(await berth.replicas[0]?.log()).to.not.include(BIND_KEY.secret);
  });

  it('are set right when somebody else removes them', async () => {
    const id = (await berth.machines())[0]?.id ?? '';
    const update = `server 127.0.0.1\\nzone berth\\nupdate delete ${WEB} A\\nsend\\n`;
    const container = `$(docker ps --quiet --filter label=io.berth.container=default/dns/bind-server-0)`;
    const command = `printf '${update}' | docker exec -i ${container} nsupdate -y hmac-sha256:${BIND_KEY.name}:${BIND_KEY.secret}`;
    await run('docker', ['exec', id, 'sh', '-c', command]);
    expect(await dig(WEB, 'A')).to.deep.equal([]);
    await until('the name', async () => (await dig(WEB, 'A')).length === 3, { ms: 90_000 });
  });

  it('are gone within a second of their container', async () => {
    let removed: number | undefined;
    const watch = berth.kv.watch({
      ...keys.range('observed'),
      onEvents: (events) => {
        if (events.some(({ type, kv }) => type === 'delete' && kv.key.includes('/default/shop/web-2'))) {
          removed ??= performance.now();
        }
      },
      onEnd() {},
    });
    await berth.put('applications/default/shop', SHOP);
    const gone = await until('the name to go', async () => {
      const left = await dig('web-2.shop.default.berth', 'A');
      return left.length === 0 ? performance.now() : undefined;
    });
    await until('the container to go', async () => removed !== undefined);
    watch.cancel();
    expect(gone - (removed ?? 0)).to.be.below(1000);
    expect((await dig(WEB, 'A')).length).to.equal(2);
  });

  it('leave nothing behind: neither in the server nor in etcd', async () => {
    await berth.delete('applications/default/shop');
    await until('the records to go', async () => (await names()).every((id) => !id.includes('shop')), {
      explain: names,
    });
    expect(await dig(WEB, 'A')).to.deep.equal([]);
    await berth.delete('applications/default/dns');
    await until('the others to go', async () => (await names()).length === 0, { explain: names });
  });

  const names = async () => (await berth.list('names')).map(({ id }) => id);

  async function dig(name: string, type: string): Promise<string[]> {
    const { stdout } = await run('dig', ['+short', '+tries=2', '+time=2', `@${server}`, name, type]);
    return stdout
      .split('\n')
      .filter((line) => line !== '')
      .sort();
  }
});
