import { expect } from 'chai';
import { parseAddress } from '../../../lib/addresses/index.ts';
import { isDomainName, parseKeySecret, reverseLabels } from '../../../lib/dns/index.ts';

describe('reverseLabels', () => {
  for (const [address, labels] of [
    ['10.64.0.5', '5.0.64.10'],
    ['fd00::5', '5.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.d.f'],
  ] as const)
    it(address, () => expect(reverseLabels(parseAddress(address))).to.equal(labels));
});

describe('isDomainName', () => {
  for (const [name, is] of [
    ['web.shop.default.berth', true],
    ['_8080._tcp.web.berth', true],
    [`${'a'.repeat(63)}.berth`, true],
    [`${'a'.repeat(64)}.berth`, false],
    [Array.from({ length: 51 }, () => 'abcd').join('.'), false],
    ['web..berth', false],
    ['web.berth.', false],
    ['Web.berth', false],
  ] as const)
    it(`${name.slice(0, 30)} ${is ? 'is one' : 'is none'}`, () => expect(isDomainName(name)).to.equal(is));
});

describe('parseKeySecret', () => {
  it('reads what tsig-keygen prints', () => {
    const text = 'key "berth-key" {\n\talgorithm hmac-sha256;\n\tsecret "c2VjcmV0";\n};\n';
    expect(parseKeySecret(text, '/key').toString()).to.equal('secret');
  });
  it('reads base64 alone', () => expect(parseKeySecret('c2VjcmV0\n', '/key').toString()).to.equal('secret'));
  it('does not repeat what it cannot read', () => {
    expect(() => parseKeySecret('hunter2!', '/key')).to.throw(/^\/key: holds no TSIG key; expected/);
    expect(() => parseKeySecret('hunter2!', '/key')).to.not.throw('hunter2');
  });
});
