import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { expect } from 'chai';
import { adviceOf } from '../../../cli/advice.ts';
import { exec } from '../../../cli/client/exec.ts';
import { addressesOf, type Port } from '../../../cli/client/http.ts';
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

describe('the HTTP port', () => {
  const members = async (...http: string[]) => {
    const records = Object.fromEntries(
      http.map((address, i) => [
        `m-${i}`,
        { leads: [], hostname: 'x', pid: 1, version: '0', http: address, since: '' },
      ]),
    );
    return read(await new Bench().put({ members: records }), [{ kind: 'members' }]);
  };

  it('is where the user says, else where the replicas say, else where it usually is', async () => {
    const state = await members('http://127.0.0.1:7171', 'https://berth.example:7070');
    expect(addressesOf('localhost:8080', state, '127.0.0.1:7070')).to.deep.equal(['http://localhost:8080']);
    expect(addressesOf(undefined, state, '127.0.0.1:7070')).to.deep.equal([
      'http://127.0.0.1:7171',
      'https://berth.example:7070',
      'http://127.0.0.1:7070',
    ]);
  });

  it('is not given the token where others could read it on the way', async () => {
    const state = await members('http://10.0.0.1:7070');
    expect(addressesOf(undefined, state, '127.0.0.1:7070')).to.deep.equal(['http://127.0.0.1:7070']);
    let error: unknown;
    try {
      addressesOf('http://10.0.0.1:7070', state, '127.0.0.1:7070');
    } catch (thrown) {
      error = thrown;
    }
    expect(isCode(error, 'BERTH_USAGE')).to.equal(true);
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
      answer(request, response);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    port = { addresses: [`http://127.0.0.1:${await freePort()}`, `http://127.0.0.1:${portOf(server)}`], token: 't' };
  });
  afterEach(() => void server.close());

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
    expect(isCode(await failure(run('shop')), 'BERTH_UNAUTHORIZED')).to.equal(true);
    port = { ...port, addresses: port.addresses.slice(0, 1) };
    expect(isCode(await failure(run('shop')), 'BERTH_UNREACHABLE')).to.equal(true);
  });

  async function execute(name: string, stdin?: Buffer) {
    const bench = await shop();
    let errors = '';
    const printError = (text: string) => {
      errors += text;
    };
    const command = ['sh', '-c', 'exit 3'];
    const code = await exec({ ...bench, printError }, await named(name), {
      port,
      command,
      timeout: 5,
      signal,
      ...(stdin && { stdin }),
    });
    return { code, printed: bench.printed, errors };
  }

  it('runs a command once and passes on what it wrote and its exit code', async () => {
    let body = '';
    answer = (request, response) => {
      request.on('data', (chunk: Buffer) => {
        body += chunk;
      });
      request.on('end', () => response.end(JSON.stringify({ code: 3, stdout: 'out', stderr: 'err' })));
    };
    const bench = await execute('shop/db-0', Buffer.from('input'));
    expect(bench).to.include({ code: 3, printed: 'out', errors: 'err' });
    expect(JSON.parse(body)).to.deep.equal({ command: ['sh', '-c', 'exit 3'], timeout: 5, stdin: 'input' });
    expect(requests).to.deep.equal(['POST /v1/exec/default/shop/db-0 Bearer t']);
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
