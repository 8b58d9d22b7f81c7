import { expect } from 'chai';
import { formatCidr, isLinkLocal, parseCidr, specialRangeIn } from '../../../lib/addresses/index.ts';

describe('ranges that hosts use themselves', () => {
  for (const [text, special, linkLocal] of [
    ['10.0.0.0/8', undefined, false],
    ['127.1.0.0/16', '127.0.0.0/8', false],
    ['240.0.0.0/4', '224.0.0.0/3', false],
    ['169.254.1.0/24', '169.254.0.0/16', true],
    ['169.0.0.0/8', '169.254.0.0/16', true],
    ['fd00::/8', undefined, false],
    ['fe80::/64', 'fe80::/10', true],
    ['fe00::/8', 'fe80::/10', true],
    ['ff02::/16', 'ff00::/8', false],
  ] as const) {
    it(`${text}: ${special ?? 'none'}`, () => {
      const found = specialRangeIn(parseCidr(text));
      expect(found && formatCidr(found)).to.equal(special);
      expect(isLinkLocal(parseCidr(text))).to.equal(linkLocal);
    });
  }
});
