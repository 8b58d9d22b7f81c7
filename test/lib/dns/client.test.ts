import { expect } from 'chai';
import { createDns, NameServerRefused, TransferBroken, type Transport } from '../../../lib/dns/index.ts';
import { CLASS, decodeMessage, encodeMessage, OPCODE, type ResourceRecord } from '../../../lib/dns/message.ts';
import { seededRandom } from '../../../lib/platform/index.ts';
import { VirtualClock } from '../../../lib/simulation/index.ts';

const ZONE = 'berth';
const SERVER = { address: '192.0.2.53', port: 53 };
const soa: ResourceRecord = { name: ZONE, type: 'SOA', class: CLASS.IN, ttl: 5, data: '\\# 2 0000' };
const web = (i: number): ResourceRecord => ({
  ...{ name: `web-${i}.${ZONE}`, type: 'A', class: CLASS.IN, ttl: 5, data: `10.64.0.${i}` },
});

/** What a server sends after so many milliseconds: records, an answer code, or bytes that are no message. */
type Reply = { after: number; records?: ResourceRecord[]; rcode?: number; bytes?: Buffer };

describe('a client of name servers', () => {
  let clock: VirtualClock;
  beforeEach(() => {
    clock = new VirtualClock();
  });

  /** A server that answers each request with these messages, one after the other, and then says nothing. */
  function dnsOf(replies: readonly Reply[]) {
    const transport: Transport = {
      async open() {
        let id = 0;
        let next = 0;
        return {
          send: (message) => {
            id = decodeMessage(message).id;
          },
          receive: () =>
            new Promise((resolve) => {
              const reply = replies[next++];
              if (!reply) return;
              const { after, records = [], rcode = 0, bytes } = reply;
              const plain = { id, opcode: OPCODE.QUERY, response: true, rcode, questions: [], authority: [] };
              clock.after(after, () => resolve(bytes ?? encodeMessage({ ...plain, answers: records })));
            }),
          close() {},
        };
      },
    };
    return createDns({ transport, clock, random: seededRandom(1) });
  }

  async function settled<T>(promise: Promise<T>, ms: number): Promise<T | Error | 'still waiting'> {
    let outcome: T | Error | 'still waiting' = 'still waiting';
    promise.then(
      (value) => {
        outcome = value;
      },
      (error: Error) => {
        outcome = error;
      },
    );
    await clock.advance(ms);
    return outcome;
  }

  it('takes a zone that comes in many messages, none of which is late', async () => {
    const middle = Array.from({ length: 15 }, (_, i): Reply => ({ after: 3000, records: [web(i)] }));
    const dns = dnsOf([{ after: 3000, records: [soa] }, ...middle, { after: 3000, records: [soa] }]);
    expect(await settled(dns.transfer(SERVER, ZONE), 52_000)).to.have.length(16);
  });

  const broken: [what: string, replies: Reply[], after: number][] = [
    ['falls silent', [{ after: 0, records: [soa, web(1)] }], 4000],
    [
      'sends what cannot be read',
      [
        { after: 0, records: [soa] },
        { after: 0, bytes: Buffer.from('nonsense') },
      ],
      0,
    ],
    ['never ends', Array.from({ length: 90 }, (_, i) => ({ after: 1000, records: [i ? web(1) : soa] })), 60_000],
  ];
  for (const [what, replies, after] of broken)
    it(`gives up a transfer when the server ${what}, and tells that from one that is not there`, async () => {
      const transfer = dnsOf(replies).transfer(SERVER, ZONE);
      if (after > 0) expect(await settled(transfer, after - 1)).to.equal('still waiting');
      expect(await settled(transfer, 2)).to.be.instanceOf(TransferBroken);
    });

  it('gives up a server that does not answer at all, also to an update, after four seconds', async () => {
    const dns = dnsOf([]);
    for (const ask of [() => dns.transfer(SERVER, ZONE), () => dns.update(SERVER, ZONE, [])]) {
      const error = await settled<unknown>(ask(), 4001);
      expect(error).to.include({ code: 'BERTH_DNS' }).and.not.be.instanceOf(TransferBroken);
      expect(String(error)).to.contain('does not answer within 4 s');
    }
  });

  it('tells of a refusal as such', async () => {
    const error = await settled(dnsOf([{ after: 0, rcode: 5 }]).transfer(SERVER, ZONE), 10);
    expect(error).to.be.instanceOf(NameServerRefused);
  });
});
