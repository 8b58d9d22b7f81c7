import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { expect } from 'chai';
import type { FastifyInstance } from 'fastify';
import { createHttp, type HttpOptions } from '../../../cli/server/http/index.ts';
import { type Engine, EngineError } from '../../../lib/docker/index.ts';
import { BerthError } from '../../../lib/errors/index.ts';
import { processMetrics, Registry } from '../../../lib/metrics/index.ts';
import { silent } from '../../../lib/platform/index.ts';

const token = 'the-token-of-this-process';
const authorization = `Bearer ${token}`;
const logs = '/v1/logs/default/shop/web-0';
const exec = '/v1/exec/default/shop/web-0';

const notHere = () => Promise.reject(new Error('not part of this test'));
/** An engine that can do what a test gives it. */
const engineWith = (parts: Partial<Engine>): Engine => ({
  ...{ info: notHere, list: notHere, hasImage: notHere, pull: notHere, create: notHere, start: notHere },
  ...{ stop: notHere, remove: notHere, exec: notHere, inspect: async () => details, close() {} },
  ...{ logs: () => Readable.from([]), events: () => Readable.from([]) },
  ...parts,
});
const details = {
  ...{ id: 'id', name: 'n', image: 'i', state: 'running', labels: {}, pid: 1, startedAt: '', exitCode: 0, error: '' },
  ...{ restarts: 0, oomKilled: false },
};

describe('the HTTP port', () => {
  let app: FastifyInstance;
  const options = (given: Partial<HttpOptions>): HttpOptions => ({
    ...{ token, metrics: 'open', registry: new Registry(), ready: () => ({ ready: true, why: '' }), log: silent },
    ...{ find: notHere, readNetwork: notHere },
    ...given,
  });
  const open = (given: Partial<HttpOptions> = {}) => {
    app = createHttp(options(given));
    return app;
  };
  const withEngine = (parts: Partial<Engine>) => open({ find: async () => ({ engine: engineWith(parts), id: 'id' }) });
  afterEach(() => app.close());

  it('says that the process lives, and whether it is ready or why not', async () => {
    const state = { ready: false, why: 'the records are not all read yet' };
    open({ ready: () => state });
    expect((await app.inject('/healthz')).statusCode).to.equal(200);
    const before = await app.inject('/readyz');
    expect([before.statusCode, before.body]).to.deep.equal([503, 'not ready: the records are not all read yet\n']);
    state.ready = true;
    expect((await app.inject('/readyz')).statusCode).to.equal(200);
  });

  it('shows metrics to everybody on loopback, off it to whoever has the token', async () => {
    const registry = new Registry();
    processMetrics(registry);
    open({ registry });
    const shown = await app.inject('/metrics');
    expect(shown.headers['content-type']).to.match(/^text\/plain/);
    expect(shown.body).to.match(/^process_cpu_seconds_total /m);
    await app.close();
    open({ registry, metrics: 'guarded' });
    expect((await app.inject('/metrics')).statusCode).to.equal(401);
    expect((await app.inject({ url: '/metrics', headers: { authorization } })).statusCode).to.equal(200);
    expect((await app.inject('/readyz')).statusCode).to.equal(200);
  });

  for (const [title, url, headers] of [
    ['logs without a token', logs, {}],
    ['logs with a wrong one', logs, { authorization: `${authorization}x` }],
    ['a path that does not exist', '/v2', {}],
    ['a path dressed up as an open one', '/healthz/../v1/logs/default/shop/web-0', {}],
  ] as const)
    it(`refuses ${title}`, async () => {
      open();
      const { statusCode, json } = await app.inject({ url, headers });
      expect([statusCode, json().code]).to.deep.equal([401, 'BERTH_UNAUTHORIZED']);
    });

  it('answers what it does not have as JSON', async () => {
    open();
    const { statusCode, json } = await app.inject({ url: '/v1/nothing', headers: { authorization } });
    expect([statusCode, json().code]).to.deep.equal([404, 'BERTH_NOT_FOUND']);
  });

  for (const [status, code, error] of [
    [404, 'BERTH_NOT_FOUND', new BerthError('BERTH_NOT_FOUND', 'no such container')],
    [503, 'BERTH_ENGINE_UNREACHABLE', new BerthError('BERTH_ENGINE_UNREACHABLE', 'nobody answers')],
    [503, 'BERTH_STORE_UNAVAILABLE', new BerthError('BERTH_STORE_UNAVAILABLE', 'the records are not all read yet')],
    [409, 'BERTH_ENGINE', new EngineError(409, 'container is not running')],
    [502, 'BERTH_ENGINE', new EngineError(500, 'engine trouble')],
    [504, 'BERTH_TIMEOUT', new BerthError('BERTH_TIMEOUT', 'sleep did not end within 1000 ms')],
    [500, 'BERTH_INTERNAL', new TypeError('the password is hunter2')],
  ] as const)
    it(`answers ${code} with ${status}`, async () => {
      open({ find: () => Promise.reject(error) });
      const { statusCode, json } = await app.inject({ url: logs, headers: { authorization } });
      expect([statusCode, json().code]).to.deep.equal([status, code]);
      expect(json().message).not.to.include('hunter2');
    });

  it('reads the network of a host, for whoever has the token', async () => {
    const state = { namespaces: [], hostInterfaces: ['cali0'], intact: [], taken: [] };
    const asked: string[] = [];
    open({
      readNetwork: async (host) => {
        asked.push(host);
        return state;
      },
    });
    expect((await app.inject('/v1/network/h-1')).statusCode).to.equal(401);
    const { statusCode, json } = await app.inject({ url: '/v1/network/h-1', headers: { authorization } });
    expect([statusCode, json(), asked]).to.deep.equal([200, state, ['h-1']]);
  });

  describe('exec', () => {
    const base64 = (text: string) => Buffer.from(text).toString('base64');
    const post = (payload: object) => app.inject({ method: 'POST', url: exec, headers: { authorization }, payload });

    it('runs a command with its input and answers its exit code and output', async () => {
      const calls: unknown[] = [];
      withEngine({
        exec: async (id, command, given) => {
          calls.push([id, command, given?.stdin, given?.timeoutMs]);
          given?.onOutput?.({ stream: 'stdout', data: Buffer.from([0x1f, 0x8b, 0xff]) });
          given?.onOutput?.({ stream: 'stdout', data: Buffer.from('out') });
          given?.onOutput?.({ stream: 'stderr', data: Buffer.from('err') });
          return { code: 3, stdout: '', stderr: '' };
        },
      });
      const { statusCode, json } = await post({ command: ['cat', '-'], stdin: 'hällo', timeout: 5 });
      const stdout = Buffer.from('\x1f\x8b\xffout', 'latin1').toString('base64');
      expect([statusCode, json()]).to.deep.equal([200, { code: 3, stdout, stderr: base64('err') }]);
      expect(calls).to.deep.equal([['id', ['cat', '-'], 'hällo', 5000]]);
    });

    it('answers the text of an engine that has no more than that', async () => {
      withEngine({ exec: async () => ({ code: 0, stdout: 'out\n', stderr: '' }) });
      expect((await post({ command: ['ls'] })).json()).to.deep.equal({ code: 0, stdout: base64('out\n'), stderr: '' });
    });

    for (const [size, truncated] of [
      [1 << 20, undefined],
      [(1 << 20) + 1, true],
    ] as const)
      it(`of ${size} bytes of output says ${truncated ? 'that there was more' : 'nothing more'}`, async () => {
        withEngine({
          async exec(_id, _command, given) {
            for (let left = size; left > 0; left -= 40_000)
              given?.onOutput?.({ stream: 'stderr', data: Buffer.alloc(Math.min(left, 40_000), 'x') });
            return { code: 0, stdout: '', stderr: '' };
          },
        });
        const answer = (await post({ command: ['ls'] })).json();
        expect(Buffer.from(answer.stderr, 'base64')).to.have.lengthOf(1 << 20);
        expect(answer.truncated).to.equal(truncated);
      });

    for (const [title, payload] of [
      ['no command', {}],
      ['an empty command', { command: [] }],
      ['a command that is text', { command: 'ls' }],
      ['a field that it does not know', { command: ['ls'], tty: true }],
      ['no time at all', { command: ['ls'], timeout: 0 }],
    ] as const)
      it(`refuses ${title}`, async () => {
        open();
        const { statusCode, json } = await post(payload);
        expect([statusCode, json().code]).to.deep.equal([400, 'BERTH_INVALID']);
      });

    it('refuses more input than 1 MiB', async () => {
      open();
      const { statusCode, json } = await post({ command: ['cat'], stdin: 'x'.repeat(1 << 20) });
      expect([statusCode, json().code]).to.deep.equal([413, 'BERTH_TOO_LARGE']);
    });
  });

  describe('logs', () => {
    it('come as they are, with the options asked for', async () => {
      const asked: unknown[] = [];
      withEngine({
        async *logs(_id, given) {
          asked.push(given);
          yield { stream: 'stdout', data: Buffer.from('one\n') };
          yield { stream: 'stderr', data: Buffer.from('two\n') };
        },
      });
      const all = await app.inject({ url: logs, headers: { authorization } });
      expect([all.statusCode, all.body]).to.deep.equal([200, 'one\ntwo\n']);
      await app.inject({ url: `${logs}?follow&timestamps=true&tail=5&since=1700000000.5`, headers: { authorization } });
      expect(asked).to.deep.equal([
        { follow: false, timestamps: false },
        { follow: true, timestamps: true, tail: 5, since: 1_700_000_000.5 },
      ]);
    });

    for (const query of ['tail=-1', 'tail=x', 'since=yesterday', 'folow=true'])
      it(`refuse ${query}`, async () => {
        open();
        const { statusCode, json } = await app.inject({ url: `${logs}?${query}`, headers: { authorization } });
        expect([statusCode, json().code]).to.deep.equal([400, 'BERTH_INVALID']);
      });

    /** Logs of a container that says nothing. */
    const silence = (onLeave: () => void): Partial<Engine> => ({
      // biome-ignore lint/correctness/useYield: nothing is what it yields
      async *logs(_id, _options, signal) {
        await once(signal, 'abort');
        onLeave();
      },
    });

    it('answer before the first line, and let go of the engine when the reader leaves', async () => {
      const left = new Promise<void>((resolve) => withEngine(silence(resolve)));
      const response = await follow();
      expect(response.statusCode).to.equal(200);
      response.destroy();
      await left;
    });

    it('end when the port closes', async () => {
      withEngine(silence(() => undefined));
      const response = await follow();
      const ended = new Promise<void>((resolve) => response.on('close', resolve).on('error', () => undefined));
      await app.close();
      await ended;
    });

    async function follow(): Promise<IncomingMessage> {
      const url = await app.listen({ host: '127.0.0.1', port: 0 });
      const [response]: IncomingMessage[] = await once(
        get(`${url}${logs}?follow`, { headers: { authorization } }),
        'response',
      );
      return response!;
    }
  });
});
