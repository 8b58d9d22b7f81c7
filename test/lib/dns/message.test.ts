import { expect } from 'chai';
import fc from 'fast-check';
import { CLASS, decodeMessage, encodeMessage, type Message, OPCODE } from '../../../lib/dns/message.ts';
import { decodeName } from '../../../lib/dns/wire.ts';

const label = fc.stringMatching(/^[a-z0-9_]([-a-z0-9_]{0,8}[a-z0-9])?$/);
const name = fc.array(label, { minLength: 1, maxLength: 6 }).map((labels) => labels.join('.'));
const uint16 = fc.integer({ min: 0, max: 65535 });
const data = fc.oneof(
  fc.record({ type: fc.constant('A'), data: fc.ipV4() }),
  fc.record({ type: fc.constant('AAAA'), data: fc.constantFrom('::1', 'fd00::5', 'fd00:1:2:3:4:5:6:7') }),
  fc.record({ type: fc.constant('PTR'), data: name }),
  fc.record({ type: fc.constant('SRV'), data: fc.tuple(uint16, uint16, uint16, name).map((parts) => parts.join(' ')) }),
  fc.record({ type: fc.constant('TYPE4711'), data: fc.constant('\\# 3 010203') }),
  // What an UPDATE deletes has no data.
  fc.record({ type: fc.constantFrom('A', 'SRV', 'ANY'), data: fc.constant('') }),
);
const record = fc
  .tuple(name, data, fc.constantFrom(CLASS.IN, CLASS.NONE, CLASS.ANY), fc.nat())
  .map(([owner, rest, kind, ttl]) => ({ name: owner, class: kind, ttl, ...rest }));
const message: fc.Arbitrary<Message> = fc.record({
  id: uint16,
  opcode: fc.constantFrom(OPCODE.QUERY, OPCODE.UPDATE),
  response: fc.boolean(),
  rcode: fc.integer({ min: 0, max: 10 }),
  questions: fc.array(fc.record({ name, type: fc.constantFrom('SOA', 'AXFR', 'A') }), { maxLength: 1 }),
  answers: fc.array(record, { maxLength: 5 }),
  authority: fc.array(record, { maxLength: 5 }),
});

describe('a DNS message', () => {
  it('is read as it was written', () =>
    fc.assert(
      fc.property(message, (each) => {
        expect(decodeMessage(encodeMessage(each))).to.deep.equal(each);
      }),
    ));

  it('that is cut off or made up is refused, never misread into an endless loop', () =>
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          decodeMessage(Buffer.from(bytes));
        } catch (error) {
          expect(error).to.include({ code: 'BERTH_DNS' });
        }
      }),
    ));

  it('may have compressed names', () => {
    const bytes = Buffer.from('\x03web\x05berth\x00\x04mail\xc0\x04', 'latin1');
    expect(decodeName(bytes, 11)).to.deep.equal({ name: 'mail.berth', end: 18 });
  });

  for (const [what, bytes] of [
    ['points at itself', '\xc0\x00'],
    ['points forwards', '\xc0\x02\x00'],
    ['goes on beyond its end', '\x05be'],
    ['has a label of an unknown kind', '\x80'],
  ] as const) {
    it(`with a name that ${what} is refused`, () => {
      expect(() => decodeName(Buffer.from(bytes, 'latin1'), 0)).to.throw('cannot be read');
    });
  }
});
