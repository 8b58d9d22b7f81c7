import { expect } from 'chai';
import { fingerprint, fingerprintsOf, generateKeyPair, usable } from '../../../lib/ssh/index.ts';

// Made by ssh-keygen; its `ssh-keygen -l` line is the expectation.
const KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEaLQ3iNuv8qITTcIzvLIpI8nlrx9jvNQQeBhKI9nlRd example';
const PRINT = 'SHA256:t89RHpdzunsPeqpyao/oNgwaVwYjgN5oKn7KUvSlq6A';

describe('fingerprint', () => {
  it('equals what ssh-keygen prints', () => expect(fingerprint(KEY)).to.equal(PRINT));

  it('is the same for the line and for the wire format', () =>
    expect(fingerprint(Buffer.from(KEY.split(' ')[1]!, 'base64'))).to.equal(PRINT));

  it('is found for each key of a text, and for nothing else in it', () =>
    expect(fingerprintsOf(`# a comment\n${KEY}\n\nnot a key\n`)).to.deep.equal([PRINT]));
});

describe('generateKeyPair', () => {
  it('makes a key that needs no passphrase, and the line for authorized_keys', () => {
    const pair = generateKeyPair('berth cloud');
    expect(usable(pair.privateKey)).to.equal(true);
    expect(pair.publicKey).to.match(/^ssh-ed25519 \S+ berth cloud$/);
  });

  it('calls garbage unusable', () => expect(usable('garbage')).to.equal(false));
});
