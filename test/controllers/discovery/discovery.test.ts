import { expect } from 'chai';
import { NameServerRefused, TransferBroken } from '../../../lib/dns/index.ts';
import { BerthError } from '../../../lib/errors/index.ts';
import { Scenario } from './scenario.ts';

const WEB = 'web.shop.default.berth';
const ALL = [
  'berth/_8080._tcp.web.shop.default',
  'berth/web-0.shop.default',
  'berth/web.shop.default',
  'in-addr.arpa/5.0.64.10',
];
const ports = [{ port: 8080, protocol: 'tcp' as const }];

describe('discovery', () => {
  let scenario: Scenario;
  beforeEach(async () => {
    scenario = new Scenario();
    await scenario.host();
    await scenario.leads();
  });
  afterEach(() => scenario.stop());

  it('names a running container, its service, its ports and its address', async () => {
    await scenario.cloud();
    await scenario.runs('10.64.0.5', { container: { ports } });
    await scenario.settle();
    expect(scenario.names()).to.deep.equal(ALL);
    expect(scenario.name('berth/web.shop.default')).to.deep.equal({
      ...{ owner: 'service/default/shop/web', clouds: ['cloud'], ttl: 5, addresses: ['10.64.0.5'] },
    });
    expect(scenario.name('in-addr.arpa/5.0.64.10')?.ptr).to.equal('web-0.shop.default.berth');
    expect(scenario.name('berth/_8080._tcp.web.shop.default')?.srv).to.deep.equal([
      { target: 'web-0.shop.default.berth', port: 8080 },
    ]);
  });

  it('pushes names to the cloud’s servers, also reverse ones, and takes them back within a second', async () => {
    const server = scenario.server();
    await scenario.served();
    await scenario.runs('10.64.0.5', { container: { ports } });
    await scenario.settle();
    expect(server.lookup(WEB, 'A')).to.deep.equal(['10.64.0.5']);
    expect(server.lookup(`_8080._tcp.${WEB}`, 'SRV')).to.deep.equal(['0 0 8080 web-0.shop.default.berth']);
    expect(server.lookup('5.0.64.10.in-addr.arpa', 'PTR')).to.deep.equal(['web-0.shop.default.berth']);

    await scenario.remove('observed', 'h-1/default/shop/web-0');
    await scenario.settle();
    expect(server.lookup(WEB, 'A')).to.deep.equal([]);
    expect(server.zone('berth').size).to.equal(0);
    expect(server.zone('64.10.in-addr.arpa').size).to.equal(0);
    expect(scenario.names()).to.deep.equal([]);
  });

  it('gives no reverse name to an address that plugins chose, which two containers may have; then nothing is written', async () => {
    await scenario.cloud();
    await scenario.host('h-2');
    const observed = { addresses: { 'default.shop.default': '10.88.0.2' } };
    await scenario.runs('10.64.0.5', { name: 'web-0', host: 'h-1', observed });
    await scenario.runs('10.64.0.6', { name: 'web-1', host: 'h-2', observed });
    await scenario.settle();
    expect(scenario.names()).to.deep.equal(['web-0', 'web-1', 'web'].map((name) => `berth/${name}.shop.default`));
    const written: string[] = [];
    scenario.watch('names', ({ kv }) => written.push(kv.key));
    await scenario.settle(10_000);
    expect(written).to.deep.equal([]);
  });

  for (const [what, ends] of [
    ['is lost', () => scenario.host('h-1', { lost: true })],
    ['is gone', () => scenario.host('h-1', { gone: true })],
  ] as const) {
    it(`withdraws the names of a host that ${what}`, async () => {
      const server = scenario.server();
      await scenario.served();
      await scenario.runs('10.64.0.5');
      await scenario.settle();
      await ends();
      await scenario.settle();
      expect(server.lookup(WEB, 'A')).to.deep.equal([]);
    });
  }

  it('lists a container only while it is healthy, where something checks that', async () => {
    const healthCheck = { test: ['CMD', 'true'], interval: 1, timeout: 1, retries: 1, startPeriod: 0 };
    await scenario.cloud();
    await scenario.runs('10.64.0.5', { container: { healthCheck } });
    await scenario.settle();
    expect(scenario.names()).to.deep.equal([]);
    await scenario.runs('10.64.0.5', { container: { healthCheck }, observed: { health: 'healthy' } });
    await scenario.settle();
    expect(scenario.names()).to.include('berth/web.shop.default');
  });

  it('lists both families, and the networks of a container apart from each other', async () => {
    const server = scenario.server();
    await scenario.served();
    await scenario.runs('', {
      interfaces: [
        { network: 'default.shop.front', address: '10.64.0.5', address6: 'fd00::5' },
        { network: 'back', address: '10.64.1.5' },
      ],
    });
    await scenario.settle();
    expect(server.lookup(WEB, 'A')).to.deep.equal(['10.64.0.5', '10.64.1.5']);
    expect(server.lookup(WEB, 'AAAA')).to.deep.equal(['fd00::5']);
    expect(server.lookup('web.front.shop.default.berth', 'A')).to.deep.equal(['10.64.0.5']);
    expect(server.lookup('web-0.back.shop.default.berth', 'A')).to.deep.equal(['10.64.1.5']);
  });

  it('lists at most 32 containers by one name', async () => {
    await scenario.cloud();
    for (let i = 0; i < 40; i++) await scenario.runs(`10.64.0.${i}`, { name: `web-${i}` });
    await scenario.settle();
    expect(scenario.name('berth/web.shop.default')?.addresses.length).to.equal(32);
    expect(scenario.names().filter((id) => id.startsWith('berth/web-')).length).to.equal(40);
  });

  it('gives a name that a service and a container of another would have to the service', async () => {
    await scenario.cloud();
    await scenario.runs('10.64.0.5', { name: 'web-0' });
    await scenario.runs('10.64.0.6', { name: 'web-0-0' });
    await scenario.settle();
    expect(scenario.name('berth/web-0.shop.default')?.addresses).to.deep.equal(['10.64.0.6']);
  });

  it('says which name is too long, and gives all others', async () => {
    await scenario.cloud({ zone: Array.from({ length: 18 }, () => 'long-label').join('.') });
    const service = 's'.repeat(60);
    await scenario.runs('10.64.0.5', { name: `${service}-0`, container: { service } });
    await scenario.settle();
    expect(scenario.names()).to.deep.equal([]);
    expect(scenario.events().some(({ reason }) => reason === 'NameTooLong')).to.equal(true);
  });

  it('lists both incarnations of a container that moves while both run', async () => {
    await scenario.cloud();
    await scenario.host('h-2');
    await scenario.runs('10.64.0.5');
    await scenario.runs('10.64.0.6', { host: 'h-2' });
    await scenario.settle();
    expect(scenario.name('berth/web.shop.default')?.addresses).to.deep.equal(['10.64.0.5', '10.64.0.6']);
  });

  it('leaves what others have in the zone alone, and sets right what they changed of ours', async () => {
    const server = scenario.server();
    const foreign = { name: 'www.berth', type: 'A' as const, ttl: 60, data: ['192.0.2.80'] };
    server.zone('berth').set('www.berth A', foreign);
    await scenario.served();
    await scenario.runs('10.64.0.5');
    await scenario.settle();
    server.zone('berth').delete(`${WEB} A`);
    await scenario.settle(61_000);
    expect(server.lookup(WEB, 'A')).to.deep.equal(['10.64.0.5']);
    expect(server.lookup('www.berth', 'A')).to.deep.equal(['192.0.2.80']);
  });

  it('tells a server that lets nobody look everything again', async () => {
    const server = scenario.server();
    server.behave = async ({ verb }) => {
      if (verb === 'transfer') throw new NameServerRefused('REFUSED', 'no', 'no');
    };
    await scenario.served();
    await scenario.runs('10.64.0.5');
    await scenario.settle();
    server.zone('berth').clear();
    await scenario.settle(61_000);
    expect(server.lookup(WEB, 'A')).to.deep.equal(['10.64.0.5']);
  });

  it('keeps the record of a name until all servers have confirmed that it is gone', async () => {
    const server = scenario.server();
    await scenario.served();
    await scenario.runs('10.64.0.5');
    await scenario.settle();
    scenario.servers.clear();
    await scenario.remove('observed', 'h-1/default/shop/web-0');
    await scenario.settle(20_000);
    expect(scenario.name('berth/web.shop.default')).to.include({ deleting: true });
    scenario.servers.set('192.0.2.53:53', server);
    await scenario.until(() => scenario.names().length === 0, 'the names are gone');
    expect(server.zone('berth').size).to.equal(0);
  });

  it('says what is wrong with a server, without its key, and goes on when it is cured', async () => {
    const server = scenario.server();
    server.behave = async () => {
      throw new NameServerRefused('BADKEY', 'the name server does not', 'correct the key');
    };
    await scenario.served();
    await scenario.runs('10.64.0.5');
    await scenario.until(() => scenario.events().some(({ reason }) => reason === 'NameServerRefused'), 'the event');
    expect(JSON.stringify(scenario.events())).to.include('BADKEY').and.not.include('c2VjcmV0');
    server.behave = async () => {};
    await scenario.until(() => server.lookup(WEB, 'A').length > 0, 'the name');
    await scenario.until(() => scenario.events().some(({ reason }) => reason === 'NamesServed'), 'the event');
  });

  it('is not held up at one server by another that does not answer', async () => {
    const server = scenario.server();
    await scenario.cloud({
      servers: [
        { address: '192.0.2.54', port: 53 },
        { address: '192.0.2.53', port: 53 },
      ],
    });
    await scenario.runs('10.64.0.5');
    await scenario.settle();
    expect(server.lookup(WEB, 'A')).to.deep.equal(['10.64.0.5']);
    expect(scenario.events().some(({ reason }) => reason === 'NameServerUnreachable')).to.equal(true);
  });

  it('finds a server that is a service of its own, by the port that the host publishes', async () => {
    await scenario.cloud({ servers: [{ service: 'default/dns/bind', port: 53 }] });
    const server = scenario.server(['berth'], '192.0.2.11:49153');
    await scenario.runs('10.64.0.5');
    await scenario.runs('10.64.0.9', { name: 'bind-0', app: 'default/dns', observed: { ports: { '53/tcp': 49153 } } });
    await scenario.settle();
    expect(server.lookup(WEB, 'A')).to.deep.equal(['10.64.0.5']);
    // The service goes for good: nothing is there that could hold a name.
    for (const kind of ['observed', 'assignments', 'endpoints'] as const) {
      await scenario.remove(kind, 'h-1/default/dns/bind-0');
      await scenario.remove(kind, 'h-1/default/shop/web-0');
    }
    await scenario.settle();
    expect(scenario.name('berth/web.shop.default')).to.include({ deleting: true });
    await scenario.remove('containers', 'default/dns/bind-0');
    await scenario.settle();
    expect(scenario.names()).to.deep.equal([]);
  });

  it('moves the names when the zone is another', async () => {
    const server = scenario.server(['berth', 'example.com', '64.10.in-addr.arpa']);
    await scenario.served();
    await scenario.runs('10.64.0.5');
    await scenario.settle();
    await scenario.served({ zone: 'example.com' });
    await scenario.settle();
    expect(server.zone('berth').size).to.equal(0);
    expect(server.lookup('web.shop.default.example.com', 'A')).to.deep.equal(['10.64.0.5']);
    expect(scenario.names().filter((id) => id.startsWith('berth/'))).to.deep.equal([]);
  });

  it('gives up names with a zone that the server has no more', async () => {
    const server = scenario.server(['berth', 'example.com', '64.10.in-addr.arpa']);
    await scenario.served();
    await scenario.runs('10.64.0.5');
    await scenario.settle();
    server.zones.delete('berth');
    await scenario.served({ zone: 'example.com' });
    await scenario.settle();
    expect(scenario.names().filter((id) => id.startsWith('berth/'))).to.deep.equal([]);
  });

  it('drops the records when the cloud itself is gone', async () => {
    await scenario.served();
    await scenario.runs('10.64.0.5');
    await scenario.settle();
    await scenario.remove('observed', 'h-1/default/shop/web-0');
    await scenario.remove('accepted/dockerclouds', 'cloud');
    await scenario.settle();
    expect(scenario.names()).to.deep.equal([]);
  });

  it('begins a new lead by comparing', async () => {
    const server = scenario.server();
    await scenario.served();
    await scenario.runs('10.64.0.5');
    await scenario.settle();
    await scenario.stop();
    server.zone('berth').clear();
    scenario.start();
    await scenario.until(() => server.lookup(WEB, 'A').length > 0, 'the name');
  });

  it('tells a server everything whose transfers break off', async () => {
    const server = scenario.server();
    server.behave = async ({ verb }) => {
      if (verb === 'transfer') throw new TransferBroken('192.0.2.53:53', new Error('it fell silent'));
    };
    await scenario.served();
    await scenario.runs('10.64.0.5', { container: { ports } });
    await scenario.settle();
    expect(server.lookup(WEB, 'A')).to.deep.equal(['10.64.0.5']);
    server.zone('berth').clear();
    await scenario.settle(61_000);
    expect(server.lookup(WEB, 'A')).to.deep.equal(['10.64.0.5']);
  });

  it('says of which secret the key cannot be opened', async () => {
    const key = { name: 'berth', algorithm: 'hmac-sha256' as const, secret: 'dns' };
    scenario.open = async () => {
      throw new BerthError('BERTH_INVALID', 'no', { expected: 'something sealed to age1…' });
    };
    scenario.server();
    await scenario.cloud({ servers: [{ address: '192.0.2.53', port: 53, key }] });
    await scenario.write('secrets', 'berth-system/dns', Buffer.from('sealed to somebody else'));
    await scenario.until(() => scenario.events().some(({ reason }) => reason === 'NameServerKey'), 'an event');
    await scenario.until(
      () => scenario.events().some(({ message }) => /^secrets\/berth-system\/dns: .*age1…/.test(message)),
      'the secret’s name',
    );
  });

  it('opens a key that is sealed in a secret, and asks again at once when that changes', async () => {
    const server = scenario.server();
    const secrets: string[] = [];
    server.behave = async ({ server: { key } }) => {
      secrets.push(key?.secret.toString() ?? '');
      if (key?.secret.toString() !== 'right') throw new BerthError('BERTH_DNS', 'wrong');
    };
    const key = { name: 'berth', algorithm: 'hmac-sha256' as const, secret: 'dns' };
    await scenario.cloud({ servers: [{ address: '192.0.2.53', port: 53, key }] });
    await scenario.runs('10.64.0.5');
    await scenario.settle();
    expect(scenario.events().some(({ reason }) => reason === 'NameServerKey')).to.equal(true);
    await scenario.write('secrets', 'berth-system/dns', Buffer.from(Buffer.from('wrong').toString('base64')));
    await scenario.settle(20_000);
    const text = `key "berth" {\n\talgorithm hmac-sha256;\n\tsecret "${Buffer.from('right').toString('base64')}";\n};\n`;
    await scenario.write('secrets', 'berth-system/dns', Buffer.from(text));
    await scenario.settle();
    expect(server.lookup(WEB, 'A')).to.deep.equal(['10.64.0.5']);
    expect(secrets).to.include.members(['wrong', 'right']);
  });
});

describe('names for CoreDNS', () => {
  let scenario: Scenario;
  beforeEach(async () => {
    scenario = new Scenario();
    await scenario.host();
    await scenario.leads();
    await scenario.cloud({ skydns: { prefix: '/skydns' } });
  });
  afterEach(() => scenario.stop());

  it('are written as SkyDNS wrote them', async () => {
    await scenario.runs('10.64.0.5', { container: { ports } });
    await scenario.settle();
    expect(scenario.skydns()).to.deep.equal({
      'arpa/in-addr/10/64/0/5': { host: 'web-0.shop.default.berth', ttl: 5 },
      'berth/default/shop/web-0/10-64-0-5': { host: '10.64.0.5', ttl: 5 },
      'berth/default/shop/web/10-64-0-5': { host: '10.64.0.5', ttl: 5 },
      'berth/default/shop/web/_tcp/_8080/web-0': { host: 'web-0.shop.default.berth', port: 8080, ttl: 5 },
    });
  });

  it('go with their container; what others wrote stays', async () => {
    await scenario.write('skydns', 'berth/default/shop/www', Buffer.from('{"host":"192.0.2.80"}'));
    await scenario.runs('10.64.0.5');
    await scenario.settle();
    await scenario.remove('observed', 'h-1/default/shop/web-0');
    await scenario.settle();
    expect(scenario.skydns()).to.deep.equal({ 'berth/default/shop/www': { host: '192.0.2.80' } });
  });

  it('are set right when somebody removes or changes one', async () => {
    await scenario.runs('10.64.0.5');
    await scenario.settle();
    const before = scenario.skydns();
    await scenario.remove('skydns', 'berth/default/shop/web/10-64-0-5');
    await scenario.write('skydns', 'arpa/in-addr/10/64/0/5', Buffer.from('{}'));
    await scenario.settle();
    expect(scenario.skydns()).to.deep.equal(before);
  });

  it('are there for every container of both families', async () => {
    for (let i = 0; i < 40; i++) {
      const interfaces = [{ network: 'default.shop.default', address: `10.64.0.${i}`, address6: `fd00::${i + 1}` }];
      await scenario.runs('', { name: `web-${i}`, interfaces });
    }
    await scenario.settle();
    expect(scenario.name('berth/web.shop.default')?.addresses.length).to.equal(32);
    expect(Object.keys(scenario.skydns()).filter((key) => key.startsWith('berth/default/shop/web/')).length).to.equal(
      32,
    );
  });

  it('move with the prefix, and go with it, however many there are', async () => {
    for (let i = 0; i < 40; i++) await scenario.runs(`10.64.0.${i}`, { name: `web-${i}` });
    await scenario.settle();
    await scenario.cloud({ skydns: { prefix: '/skydns/other' } });
    await scenario.settle();
    expect(Object.keys(scenario.skydns()).filter((key) => !key.startsWith('other/'))).to.deep.equal([]);
    expect(Object.keys(scenario.skydns()).length).to.equal(32 + 40 + 40);
    await scenario.cloud();
    await scenario.settle();
    expect(scenario.skydns()).to.deep.equal({});
  });
});
