import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { expect } from 'chai';
import { adviceOf } from '../../../cli/advice.ts';
import { exec } from '../../../cli/client/exec.ts';
import type { Port } from '../../../cli/client/http.ts';
import { logs } from '../../../cli/client/logs.ts';
import { readHostNetwork } from '../../../cli/client/networks/port.ts';
import { read } from '../../../cli/client/reading.ts';
import type { ContainerView } from '../../../cli/client/resources/containers.ts';
import { containerReads, containersNamed } from '../../../cli/client/targets.ts';
import { isCode } from '../../../lib/errors/index.ts';
import { freePort, portOf } from '../../harness/etcd.ts';
import { assignment, Bench, container } from './support.ts';

const signal = new AbortController().signal;
const failure = (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  );

/** Two services of an application, and another application. */
const shop = () =>
  new Bench().put({
    containers: {
      'default/shop/web-0': container(),
      'default/shop/web-1': container(),
      'default/shop/db-0': container({ service: 'db' }),
      'default/blog/web-0': container(),
    },
    // Not wanted any more, and still there.
    assignments: { 'h-1/default/shop/web-2': assignment('a') },
  });

async function named(name: string): Promise<ContainerView[]> {
  const bench = await shop();
  return containersNamed(await read(bench, containerReads('default')), name, 'default');
}

describe('names of containers', () => {
  for (const [name, found] of [
    ['shop/web-0', ['shop/web-0']],
    ['container/shop/web-0', ['shop/web-0']],
    ['shop/web', ['shop/web-0', 'shop/web-1', 'shop/web-2']],
    ['shop', ['shop/db-0', 'shop/web-0', 'shop/web-1', 'shop/web-2']],
    ['app/blog', ['blog/web-0']],
  ] as const)
    it(`${name} means ${found.join(', ')}`, async () =>
      expect((await named(name)).map((each) => each.name)).to.deep.equal(found));

  it('that mean nothing are not found, with what was probably meant', async () => {
    const error = await failure(named('shop/web-9'));
    expect(isCode(error, 'BERTH_NOT_FOUND')).to.equal(true);
    expect(String(error)).to.include('did you mean "shop/web-0"?');
  });
});

describe('berth logs and exec', () => {
  let server: Server;
  let port: Port;
  let requests: string[];
  let answer: (request: IncomingMessage, response: ServerResponse) => void;

  beforeEach(async () => {
    requests = [];
    server = createServer((request, response) => {
      requests.push(`${request.method} ${request.url} ${request.headers.authorization}`);
      const isLog = request.url?.startsWith('/v1/logs/');
      response.setHeader('content-type', isLog ? 'text/plain; charset=utf-8' : 'application/json; charset=utf-8');
      answer(request, response);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    port = { addresses: [`http://127.0.0.1:${await freePort()}`, `http://127.0.0.1:${portOf(server)}`], token: 't' };
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  async function run(name: string, more: { tail?: number; since?: number; follow?: boolean } = {}) {
    const bench = await shop();
    let text = '';
    const sink = async (data: Buffer | string) => {
      text += data;
    };
    const code = await logs(bench, await named(name), { port, sink, signal, ...more });
    return { code, text, noted: bench.noted };
  }

  it('prints the output of one container as it is, from the first address that answers', async () => {
    answer = (_, response) => response.end('one\ntwo');
    expect(await run('blog', { tail: 5, since: 60 })).to.deep.include({ code: 0, text: 'one\ntwo' });
    const since = Date.UTC(2026, 0, 1) / 1000 - 60;
    expect(requests).to.deep.equal([`GET /v1/logs/default/blog/web-0?tail=5&since=${since} Bearer t`]);
  });

  it('hands on what a host says of its network, and nothing that is something else', async () => {
    const network = {
      namespaces: [{ name: 'berth-1', addresses: ['10.64.0.1'] }],
      hostInterfaces: ['cali0'],
      intact: ['i'],
      taken: [{ installation: 'i', port: 80, protocol: 'tcp' }],
    };
    answer = (_, response) => response.end(JSON.stringify(network));
    expect(await readHostNetwork(port, 'h-1', signal)).to.deep.equal(network);
    expect(requests).to.deep.equal(['GET /v1/network/h-1 Bearer t']);
    for (const wrong of [
      {},
      { ...network, intact: [1] },
      { ...network, taken: [{ ...network.taken[0], port: '80' }] },
    ]) {
      answer = (_, response) => response.end(JSON.stringify(wrong));
      expect(isCode(await failure(readHostNetwork(port, 'h-1', signal)), 'BERTH_INTERNAL')).to.equal(true);
    }
  });

  it('prints of several each line after its name, and goes on when one has none', async () => {
    answer = ({ url = '' }, response) => {
      if (!url.includes('web-1')) return response.end('a\nb\n');
      response.statusCode = 404;
      return response.end(JSON.stringify({ code: 'BERTH_NOT_FOUND', message: 'the container is not made yet' }));
    };
    const { code, text, noted } = await run('shop', { follow: true });
    expect(code).to.equal(1);
    expect(text.split('\n').sort()).to.deep.equal([
      '',
      ...['[shop/db-0] a', '[shop/db-0] b', '[shop/web-0] a', '[shop/web-0] b', '[shop/web-2] a', '[shop/web-2] b'],
    ]);
    expect(noted[0]).to.equal('error: the container is not made yet');
  });

  it('says that nobody answers, or that the token is wrong', async () => {
    answer = (_, response) => {
      response.statusCode = 401;
      response.end(JSON.stringify({ code: 'BERTH_UNAUTHORIZED', message: 'no' }));
    };
    const refused = await failure(run('shop'));
    expect(isCode(refused, 'BERTH_UNAUTHORIZED') && refused.message).to.equal(`${port.addresses[1]}: no`);
    port = { ...port, addresses: port.addresses.slice(0, 1) };
    expect(isCode(await failure(run('shop')), 'BERTH_UNREACHABLE')).to.equal(true);
  });

  it('asks the next address when one refuses the token', async () => {
    const other = createServer((_, response) => {
      response.writeHead(401).end(JSON.stringify({ code: 'BERTH_UNAUTHORIZED', message: 'no' }));
    }).listen(0, '127.0.0.1');
    await once(other, 'listening');
    try {
      port = { ...port, addresses: [`http://127.0.0.1:${portOf(other)}`, ...port.addresses] };
      answer = (_, response) => response.end('one\n');
      expect(await run('blog')).to.deep.include({ code: 0, text: 'one\n' });
    } finally {
      other.close();
    }
  });

  it('gives up on logs that stand still, unless they are followed', async () => {
    for (const begun of ['', 'one\n']) {
      const bench = await shop();
      const arrived = new Promise<void>((resolve) => {
        answer = (_, response) => {
          if (begun !== '') response.write(begun);
          resolve();
        };
      });
      let text = '';
      const sink = async (data: Buffer | string) => {
        text += data;
      };
      const ended = failure(logs(bench, await named('blog'), { port, sink, signal }));
      await arrived;
      while (text !== begun) await new Promise((resolve) => setImmediate(resolve));
      await bench.clock.advance(90_000);
      expect(isCode(await ended, 'BERTH_TIMEOUT')).to.equal(true);
    }
  });

  for (const [title, status, type, text] of [
    ['a page', 200, 'text/html', '<html>Sign in</html>'],
    ['a page about an error', 404, 'text/html', '<html>Not Found</html>'],
    ['JSON of its own', 500, 'application/json', '{"error": "no such path"}'],
  ] as const)
    it(`says that somebody else listens there, who answers with ${title}`, async () => {
      answer = (_, response) => response.writeHead(status, { 'content-type': type }).end(text);
      for (const error of [
        await failure(run('blog')),
        await failure(execute('blog')),
        await failure(readHostNetwork(port, 'h-1', signal)),
      ]) {
        expect(isCode(error, 'BERTH_UNREACHABLE') && error.message)
          .to.match(/^http:\S+: what answers there is not the controllers’ HTTP port; found \d+ "/)
          .and.to.include('--http');
      }
    });

  it('says of a command’s answer that it broke off', async () => {
    answer = (_, response) => {
      response.setHeader('content-length', 100);
      response.write('{"code": 0');
      setImmediate(() => response.destroy());
    };
    expect(isCode(await failure(execute('blog')), 'BERTH_UNREACHABLE')).to.equal(true);
    answer = (_, response) => response.end('{"code": 0');
    expect(isCode(await failure(execute('blog')), 'BERTH_UNREACHABLE')).to.equal(true);
  });

  async function execute(name: string, stdin?: Buffer, bench?: Bench) {
    const session = bench ?? (await shop());
    const written = { stdout: Buffer.alloc(0), stderr: Buffer.alloc(0) };
    const streams = {
      stdout(data: Buffer) {
        written.stdout = Buffer.concat([written.stdout, data]);
      },
      stderr(data: Buffer) {
        written.stderr = Buffer.concat([written.stderr, data]);
      },
    };
    const command = ['sh', '-c', 'exit 3'];
    const code = await exec(session, await named(name), {
      port,
      streams,
      command,
      timeout: 5,
      signal,
      ...(stdin && { stdin }),
    });
    return { code, ...written, noted: session.noted };
  }
  const base64 = (bytes: Buffer | string) => Buffer.from(bytes).toString('base64');

  it('runs a command once and passes on what it wrote and its exit code', async () => {
    let body = '';
    const bytes = Buffer.from([0x1f, 0x8b, 0x00, 0xff, 0xc3]);
    answer = (request, response) => {
      request.on('data', (chunk: Buffer) => {
        body += chunk;
      });
      request.on('end', () => response.end(JSON.stringify({ code: 3, stdout: base64(bytes), stderr: base64('err') })));
    };
    expect(await execute('shop/db-0', Buffer.from('input'))).to.deep.equal({
      ...{ code: 3, stdout: bytes, stderr: Buffer.from('err') },
      noted: [],
    });
    expect(JSON.parse(body)).to.deep.equal({ command: ['sh', '-c', 'exit 3'], timeout: 5, stdin: 'input' });
    expect(requests).to.deep.equal(['POST /v1/exec/default/shop/db-0 Bearer t']);
  });

  it('says that output is missing, and ends with 1 though the command ended well', async () => {
    answer = (_, response) =>
      response.end(JSON.stringify({ code: 0, stdout: base64('beginning'), stderr: '', truncated: true }));
    const { code, stdout, noted } = await execute('blog');
    expect([code, stdout.toString()]).to.deep.equal([1, 'beginning']);
    expect(noted[0]).to.equal('error: the command ended with 0, and wrote more than 1 MiB: the rest is missing');
  });

  it('gives up on controllers that hang, some time after the command’s own', async () => {
    const arrived = new Promise<void>((resolve) => (answer = () => resolve()));
    const bench = await shop();
    let error: unknown;
    const ended = failure(execute('blog', undefined, bench)).then((thrown) => (error = thrown));
    await arrived;
    await bench.clock.advance(34_999);
    expect(error).to.equal(undefined);
    await bench.clock.advance(1);
    await ended;
    expect(isCode(error, 'BERTH_TIMEOUT') && error.message).to.match(/HTTP port did not answer within 35 s/);
  });

  it('says of input that is too large what to do instead', async () => {
    const error = await failure(execute('blog', Buffer.alloc(1 << 20, 'x')));
    expect(isCode(error, 'BERTH_TOO_LARGE') && error.message).to.match(/found \d+ bytes as JSON; .*in parts/);
    expect(isCode(error, 'BERTH_TOO_LARGE') && adviceOf(error)).to.equal(undefined);
    expect(requests).to.deep.equal([]);
  });

  it('says of a command that took too long how to give it longer, and not that it is tried again', async () => {
    answer = (_, response) => {
      response.statusCode = 504;
      response.end(JSON.stringify({ code: 'BERTH_TIMEOUT', message: 'sh did not end within 5000 ms' }));
    };
    const error = await failure(execute('blog'));
    expect(isCode(error, 'BERTH_TIMEOUT') && error.message).to.match(/^sh did not end within 5000 ms; .*--timeout/);
    expect(isCode(error, 'BERTH_TIMEOUT') && adviceOf(error)).to.equal(undefined);
  });

  it('does not run it again when the answer was lost', async () => {
    answer = (request) => request.socket.destroy();
    port = { ...port, addresses: [...port.addresses.slice(1), ...port.addresses.slice(1)] };
    expect(isCode(await failure(execute('blog')), 'BERTH_UNREACHABLE')).to.equal(true);
    expect(requests).to.have.length(1);
  });

  it('refuses several containers, and what is no text', async () => {
    expect(isCode(await failure(execute('shop')), 'BERTH_USAGE')).to.equal(true);
    expect(isCode(await failure(execute('blog', Buffer.from([0xff, 0xfe]))), 'BERTH_USAGE')).to.equal(true);
    expect(requests).to.deep.equal([]);
  });
});
