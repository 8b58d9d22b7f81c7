import { execFileSync } from 'node:child_process';
import { expect } from 'chai';
import fc from 'fast-check';
import { asRoot, quote } from '../../../lib/ssh/quote.ts';

describe('quote', () => {
  it('leaves plain words as they are', () =>
    expect(quote('/etc/docker/daemon.json')).to.equal('/etc/docker/daemon.json'));

  it('gives the shell one word back, whatever is in it', () =>
    fc.assert(
      fc.property(
        // No argument of a program can hold a NUL.
        fc.string({ unit: 'binary' }).filter((text) => !text.includes('\0')),
        (text) => {
          expect(execFileSync('sh', ['-c', `printf %s ${quote(text)}`]).toString()).to.equal(
            Buffer.from(text).toString(),
          );
        },
      ),
      { numRuns: 20 },
    ));
});

describe('asRoot', () => {
  it('is the command itself for root', () => expect(asRoot('id -u', 'root')).to.equal('id -u'));
  it('asks sudo, never for a password, for anybody else', () =>
    expect(asRoot("echo 'a b'", 'admin')).to.equal(`sudo -n -- sh -c 'echo '\\''a b'\\'''`));
});
