import { expect } from 'chai';
import { createDns, type Dns, type NameServer, type Rrset, tcpTransport } from '../../../lib/dns/index.ts';
import { systemClock, systemRandom } from '../../../lib/platform/index.ts';
import { BIND_KEY, type Bind, startBind } from '../../harness/bind.ts';

const ZONE = 'berth';
const key = { name: BIND_KEY.name, algorithm: 'hmac-sha256' as const, secret: Buffer.from(BIND_KEY.secret, 'base64') };
const web = (...data: string[]): Rrset => ({ name: `web.shop.default.${ZONE}`, type: 'A', ttl: 5, data });

describe('dynamic updates of a real BIND', () => {
  let bind: Bind;
  let server: NameServer;
  const dns: Dns = createDns({ transport: tcpTransport, clock: systemClock, random: systemRandom });
  before(async () => {
    bind = await startBind([ZONE, '64.10.in-addr.arpa']);
    server = { address: bind.address, port: bind.port, key };
  });
  after(() => bind?.stop());

  it('make record sets exactly so, and again', async () => {
    const sets: Rrset[] = [
      web('10.64.0.5', '10.64.0.6'),
      { name: `web.shop.default.${ZONE}`, type: 'AAAA', ttl: 5, data: ['fd00::5'] },
      { name: `_8080._tcp.web.shop.default.${ZONE}`, type: 'SRV', ttl: 5, data: ['0 0 8080 web-0.shop.default.berth'] },
    ];
    for (let times = 0; times < 2; times++) await dns.update(server, ZONE, sets);
    expect(bind.dig(`web.shop.default.${ZONE}`, 'A')).to.deep.equal(['10.64.0.5', '10.64.0.6']);
    expect(bind.dig(`web.shop.default.${ZONE}`, 'AAAA')).to.deep.equal(['fd00::5']);
    expect(bind.dig(`_8080._tcp.web.shop.default.${ZONE}`, 'SRV')).to.deep.equal([
      '0 0 8080 web-0.shop.default.berth.',
    ]);
    await dns.update(server, ZONE, [web('10.64.0.7')]);
    expect(bind.dig(`web.shop.default.${ZONE}`, 'A')).to.deep.equal(['10.64.0.7']);
    expect(bind.dig(`web.shop.default.${ZONE}`, 'AAAA')).to.deep.equal(['fd00::5']);
    await dns.update(server, ZONE, [web(), { name: web().name, type: 'AAAA', ttl: 5, data: [] }]);
    expect(bind.dig(`web.shop.default.${ZONE}`, 'A')).to.deep.equal([]);
  });

  it('go into the zone of reverse names', async () => {
    const name = '5.0.64.10.in-addr.arpa';
    await dns.update(server, '64.10.in-addr.arpa', [{ name, type: 'PTR', ttl: 5, data: ['web-0.shop.default.berth'] }]);
    expect(bind.dig(name, 'PTR')).to.deep.equal(['web-0.shop.default.berth.']);
  });

  it('are seen in a transfer, however many messages it has', async () => {
    const sets = Array.from(
      { length: 3000 },
      (_, i): Rrset => ({
        ...{ name: `web-${i}.shop.default.${ZONE}`, type: 'A', ttl: 5 },
        data: [`10.64.${i >> 8}.${i & 255}`],
      }),
    );
    for (let i = 0; i < sets.length; i += 200) await dns.update(server, ZONE, sets.slice(i, i + 200));
    const records = await dns.transfer(server, ZONE);
    const found = new Map(records.filter(({ type }) => type === 'A').map(({ name, data }) => [name, data]));
    for (const { name, data } of sets) expect(found.get(name)).to.equal(data[0]);
    expect(found.get(`ns.${ZONE}`)).to.equal('127.0.0.1');
  });

  for (const [what, wrong, zone, answer, advice] of [
    ['an unknown key', { key: { ...key, name: 'unknown' } }, ZONE, 'BADKEY', 'does not know a key unknown'],
    ['a wrong secret', { key: { ...key, secret: Buffer.from('x') } }, ZONE, 'BADSIG', 'secret of the key berth-key'],
    ['a key that may not', { key: { ...key, name: 'powerless' } }, ZONE, 'REFUSED', 'allow the key powerless'],
    ['a zone that it has not', {}, 'other', 'NOTAUTH', 'no primary of other'],
  ] as const) {
    it(`say what to do about ${what}`, async () => {
      const error = await dns.update({ ...server, ...wrong }, zone, [{ ...web('10.64.0.5'), name: `a.${zone}` }]).then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      expect(error).to.include({ code: 'BERTH_DNS', answer });
      expect(String(error)).to.include(advice).and.not.include(BIND_KEY.secret);
    });
  }

  it('say what to do about updates that are not signed', async () => {
    const { address, port } = server;
    const error = await dns.update({ address, port }, ZONE, [web()]).catch((thrown: unknown) => thrown);
    expect(error).to.include({ answer: 'REFUSED' });
    expect(String(error)).to.include('wants updates to be signed');
  });

  it('say what to do about clocks that differ', async () => {
    const clock = { ...systemClock, now: () => systemClock.now() - 3_600_000 };
    const late = createDns({ transport: tcpTransport, clock, random: systemRandom });
    const error = await late.update(server, ZONE, [web()]).catch((thrown: unknown) => thrown);
    expect(error).to.include({ answer: 'BADTIME' });
    expect(String(error)).to.include('NTP');
  });

  it('say when nobody answers', async () => {
    const error = await dns.update({ ...server, port: 1 }, ZONE, [web()]).catch((thrown: unknown) => thrown);
    expect(error).to.include({ code: 'BERTH_DNS' });
    expect(String(error)).to.include('127.0.0.1:1 cannot be reached');
  });
});
