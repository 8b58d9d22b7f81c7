import { execFileSync } from 'node:child_process';
import { expect } from 'chai';
import fc from 'fast-check';
import { asRoot, quote } from '../../../lib/ssh/quote.ts';

describe('quote', () => {
  it('leaves plain words as they are', () =>
    expect(quote('/etc/docker/daemon.json')).to.equal('/etc/docker/daemon.json'));

  it('gives the shell one word back, whatever is in it', () => {
    // One shell for all: starting one is what takes the time.
    const word = fc.string({ unit: fc.constantFrom(...`'"\\$\`!*?~#;&|<>(){}[] \t\n-aü€`) });
    fc.assert(
      fc.property(fc.array(word, { minLength: 50, maxLength: 50 }), (words) => {
        const said = execFileSync('sh', ['-c', words.map((each) => `printf '%s\\0' ${quote(each)}`).join('\n')]);
        expect(said.toString().split('\0').slice(0, -1)).to.deep.equal(
          words.map((each) => Buffer.from(each).toString()),
        );
      }),
      { numRuns: 2 },
    );
  });
});

describe('asRoot', () => {
  it('is the command itself for root', () => expect(asRoot('id -u', 'root')).to.equal('id -u'));
  it('asks sudo, never for a password, for anybody else', () =>
    expect(asRoot("echo 'a b'", 'admin')).to.equal(`sudo -n -- sh -c 'echo '\\''a b'\\'''`));
});
