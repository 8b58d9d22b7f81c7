import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createServer as createSecure, type Server } from 'node:https';
import { expect } from 'chai';
import { type Port, requestJson } from '../../../cli/client/http.ts';
import { isCode } from '../../../lib/errors/index.ts';
import { portOf } from '../../harness/etcd.ts';

const { signal } = new AbortController();

/** A certificate that signed itself, for 127.0.0.1 alone, and its key. */
function selfSigned(): { cert: string; key: string } {
  const args = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', '-', '-out', '-'];
  const subject = ['-subj', '/CN=berth', '-addext', 'subjectAltName=IP:127.0.0.1', '-days', '2'];
  const text = execFileSync('openssl', ['req', '-x509', ...args, ...subject], {
    stdio: ['ignore', 'pipe', 'ignore'],
  }).toString();
  return { cert: text, key: text };
}

describe('the HTTP port over TLS', () => {
  let server: Server;
  let ca: string;
  let address: string;

  before(async () => {
    const pair = selfSigned();
    ca = pair.cert;
    server = createSecure(pair, (_, response) => {
      response.setHeader('content-type', 'application/json').end('"tls"');
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    address = `https://127.0.0.1:${portOf(server)}`;
  });
  after(() => void server.close());

  const ask = (port: Omit<Port, 'token'>) =>
    requestJson({ ...port, token: 't' }, '/', { signal }).catch((error: unknown) =>
      isCode(error, 'BERTH_UNREACHABLE') ? error.message : 'something else',
    );

  it('answers to whoever knows the authority of its certificate', async () =>
    expect(await ask({ addresses: [address], ca })).to.equal('tls'));

  it('is not trusted without, and the message names the option', async () =>
    expect(await ask({ addresses: [address] })).to.match(
      /^https:\S+: the certificate .* is not accepted; .*--http-cacert/,
    ));

  it('is not trusted under another name, which no authority mends', async () =>
    expect(await ask({ addresses: [address.replace('127.0.0.1', 'localhost')], ca }))
      .to.include('is not accepted')
      .and.to.include('name the port by --http as the certificate does'));

  it('does not keep others from being asked', async () => {
    const plain = createServer((_, response) => {
      response.setHeader('content-type', 'application/json').end('"plain"');
    }).listen(0, '127.0.0.1');
    await once(plain, 'listening');
    try {
      expect(await ask({ addresses: [address, `http://127.0.0.1:${portOf(plain)}`] })).to.equal('plain');
    } finally {
      plain.close();
    }
  });
});
