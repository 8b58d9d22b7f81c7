import { createHmac } from 'node:crypto';
import { expect } from 'chai';
import { decodeMessage, encodeMessage } from '../../../lib/dns/message.ts';
import { parseTsig, sign, type TsigAlgorithm, type TsigKey, Verifier } from '../../../lib/dns/tsig.ts';

/**
 * What BIND's tools sent, in hexadecimal: `dig +noedns +tcp berth AXFR` and `nsupdate -v`, 9.18.49, with the secret below.
 */
const SECRET = Buffer.from('secret of the test');
const BY_DIG: Partial<Record<TsigAlgorithm, string>> = {
  'hmac-sha224':
    'cd04002000010000000000010562657274680000fc00010962657274682d6b65790000fa00ff0000000000390b686d61' +
    '632d7368613232340000006b03263d012c001ca67691038bd58a27222bee16b4b7bc1b479344c3677d1e4378b121e2cd' +
    '0400000000',
  'hmac-sha256':
    'ed1a002000010000000000010562657274680000fc00010962657274682d6b65790000fa00ff00000000003d0b686d61' +
    '632d7368613235360000006b03263c012c0020c07c2e2a727548011cc63cf951d60ee39f2dd5b312f0117896d5fcb625' +
    '8c772ced1a00000000',
  'hmac-sha384':
    '2a5d002000010000000000010562657274680000fc00010962657274682d6b65790000fa00ff00000000004d0b686d61' +
    '632d7368613338340000006b03263d012c00308fcf82ccd3339a9f2c2a5c61067e15867b0c4a26a0edeebba21c54aac8' +
    '62c1e4ac568778e87ed258f5c2fed59410d82c2a5d00000000',
  'hmac-sha512':
    '66a7002000010000000000010562657274680000fc00010962657274682d6b65790000fa00ff00000000005d0b686d61' +
    '632d7368613531320000006b03263c012c004057c79cb6f63820a352b2f9c777ea51a13bb356e8edc36dce783056304b' +
    '78696d9ff3d092bc842c5a93f5071185754999835c7f602edd7dd3ae739faf439d30a066a700000000',
};
const BY_NSUPDATE =
  '634428000001000000030001056265727468000006000103776562c00c000100ff000000000000c01700010001000000' +
  '0500040a400005055f38303830045f746370037765620562657274680000210001000000050013000000001f90057765' +
  '622d30056265727468000962657274682d6b65790000fa00ff00000000003d0b686d61632d7368613235360000006b03' +
  '263e012c00200d6ab55189f9c22cb3c3f6041a7da6451d603787fe6dde6153c4e00abc05ca45634400000000';

const key = (algorithm: TsigAlgorithm = 'hmac-sha256'): TsigKey => ({ name: 'berth-key', algorithm, secret: SECRET });

describe('TSIG', () => {
  for (const algorithm of ['hmac-sha224', 'hmac-sha256', 'hmac-sha384', 'hmac-sha512'] as const) {
    it(`signs by ${algorithm} byte for byte as dig does`, () => {
      const bytes = Buffer.from(BY_DIG[algorithm] ?? '', 'hex');
      const { tsig, ...message } = decodeMessage(bytes);
      if (!tsig) throw new Error('not signed');
      const { time } = parseTsig(tsig);
      const plain = encodeMessage(message);
      // dig sets the bit AD, which berth has no use for.
      plain[3] = bytes[3] ?? 0;
      expect(sign(plain, { key: key(algorithm), time }).bytes.toString('hex')).to.equal(bytes.toString('hex'));
    });
  }

  it('signs an update byte for byte as nsupdate does', () => {
    const bytes = Buffer.from(BY_NSUPDATE, 'hex');
    const { tsig } = decodeMessage(bytes);
    if (!tsig) throw new Error('not signed');
    const plain = Buffer.from(bytes.subarray(0, tsig.start));
    plain.writeUInt16BE(0, 10);
    const { time } = parseTsig(tsig);
    expect(sign(plain, { key: key(), time }).bytes.toString('hex')).to.equal(bytes.toString('hex'));
  });

  const request = encodeMessage({
    ...{ id: 7, opcode: 0, response: false, rcode: 0 },
    ...{ questions: [{ name: 'berth', type: 'AXFR' }], answers: [], authority: [] },
  });
  const time = 1_700_000_000;
  /** An answer, signed as a server signs the first one. */
  const answer = (mac: Buffer, { by = key(), at = time } = {}) => {
    const plain = encodeMessage({ ...decodeMessage(request), response: true });
    // RFC 8945 §5.3: the request's MAC, with its length, precedes what is signed.
    const length = Buffer.of(0, mac.length);
    const signed = signAfter(Buffer.concat([length, mac]), plain, { key: by, time: at });
    return { bytes: signed, message: decodeMessage(signed) };
  };

  it('trusts an answer that is signed by the same key', () => {
    const { mac } = sign(request, { key: key(), time });
    const verifier = new Verifier(key(), mac);
    const { bytes, message } = answer(mac);
    verifier.verify(bytes, message, time + 10);
    expect(verifier.complete).to.equal(true);
  });

  for (const [what, of, expected] of [
    ['by another secret', { by: { ...key(), secret: Buffer.from('other') } }, 'its signature is wrong'],
    ['by another key', { by: { ...key(), name: 'other' } }, 'it is signed with the key other'],
    ['too long ago', { at: time - 301 }, 'its time is not ours'],
  ] as const) {
    it(`does not trust an answer that is signed ${what}`, () => {
      const { mac } = sign(request, { key: key(), time });
      const { bytes, message } = answer(mac, of);
      expect(() => new Verifier(key(), mac).verify(bytes, message, time)).to.throw(expected);
    });
  }

  it('does not trust an answer without a signature', () => {
    const { mac } = sign(request, { key: key(), time });
    const bytes = encodeMessage({ ...decodeMessage(request), response: true });
    expect(() => new Verifier(key(), mac).verify(bytes, decodeMessage(bytes), time)).to.throw('it is not signed');
  });

  it('does not trust the answer to another request', () => {
    const { mac } = sign(request, { key: key(), time });
    const { bytes, message } = answer(Buffer.alloc(32));
    expect(() => new Verifier(key(), mac).verify(bytes, message, time)).to.throw('its signature is wrong');
  });
});

/** Signs `message` as the continuation of `before`. */
function signAfter(before: Buffer, message: Buffer, signing: Parameters<typeof sign>[1]): Buffer {
  const { bytes } = sign(message, signing);
  const { tsig } = decodeMessage(bytes);
  if (!tsig) throw new Error('not signed');
  const { mac } = parseTsig(tsig);
  const right = macOf(before, message, tsig.data, signing.key);
  return Buffer.concat([bytes.subarray(0, bytes.length - 6 - mac.length), right, bytes.subarray(bytes.length - 6)]);
}

/** RFC 8945 §4.3.3, written a second time: from the record on the wire. */
function macOf(before: Buffer, message: Buffer, data: Buffer, { name, algorithm, secret }: TsigKey): Buffer {
  const algorithmEnd = data.indexOf(0) + 1;
  const owner = Buffer.concat([Buffer.of(name.length), Buffer.from(name), Buffer.of(0)]);
  const variables = [owner, Buffer.from('00ff00000000', 'hex'), data.subarray(0, algorithmEnd + 8), Buffer.alloc(4)];
  return createHmac(algorithm.slice(5), secret)
    .update(Buffer.concat([before, message, ...variables]))
    .digest();
}
