import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, createServer } from 'node:tls';
import { expect } from 'chai';
import {
  createAuthority,
  issueClient,
  type KeyPair,
  readCertificate,
  renewAt,
  signedBy,
  signHost,
} from '../../../lib/tls/index.ts';

const DAY = 86_400_000;

/** As a host does it. */
function request(): { csr: string; key: string } {
  const folder = mkdtempSync(join(tmpdir(), 'berth-tls-'));
  try {
    const file = join(folder, 'key.pem');
    const csr = execFileSync(
      'openssl',
      // biome-ignore format: one command line
      ['req', '-new', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', file, '-subj', '/CN=ignored'],
      { stdio: ['ignore', 'pipe', 'ignore'] },
    ).toString();
    return { csr, key: readFileSync(file, 'utf8') };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe('a cloud’s certificates', () => {
  const now = Date.now();
  let authority: KeyPair;
  let client: KeyPair;
  let host: KeyPair;

  before(async () => {
    authority = await createAuthority('berth cloud', now);
    client = await issueClient(authority, 'berth', now);
    const { csr, key } = request();
    host = { key, certificate: await signHost(authority, csr, { name: 'cloud-abc', addresses: ['127.0.0.1'] }, now) };
  });

  it('let the controllers and a host know each other over TLS', async () => {
    const server = createServer({
      cert: host.certificate,
      key: host.key,
      ca: authority.certificate,
      requestCert: true,
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    try {
      await new Promise<void>((resolve, reject) => {
        const socket = connect(
          { port, host: '127.0.0.1', ca: authority.certificate, cert: client.certificate, key: client.key },
          () => {
            socket.end();
            resolve();
          },
        );
        socket.once('error', reject);
      });
    } finally {
      server.close();
    }
  });

  it('carry the names and addresses that we say, not those that the request asks for', () =>
    expect(readCertificate(host.certificate))
      .to.include.deep.keys('notAfter')
      .and.deep.include({
        names: ['cloud-abc'],
        addresses: ['127.0.0.1'],
      }));

  it('tell which authority signed them', async () => {
    expect(signedBy(host.certificate, authority.certificate)).to.equal(true);
    expect(signedBy(host.certificate, (await createAuthority('berth cloud', now)).certificate)).to.equal(false);
    expect(signedBy('garbage', authority.certificate)).to.equal(false);
  });

  it('are due for renewal after two thirds of their life', () => {
    const due = renewAt(readCertificate(host.certificate)!);
    expect(due)
      .to.be.greaterThan(now + 59 * DAY)
      .and.lessThan(now + 61 * DAY);
  });

  it('are refused for a request that its key did not sign', async () => {
    const { csr } = request();
    const bytes = Buffer.from(csr.split('\n').slice(1, -2).join(''), 'base64');
    bytes[bytes.length - 1]! ^= 1;
    const forged = `-----BEGIN CERTIFICATE REQUEST-----\n${bytes.toString('base64')}\n-----END CERTIFICATE REQUEST-----`;
    const error = await signHost(authority, forged, { name: 'x', addresses: [] }, now).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).to.have.property('code', 'BERTH_INVALID');
  });

  it('are nothing where there is no certificate', () => expect(readCertificate('garbage')).to.equal(undefined));
});
