import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { createDockerEngine, type Engine, EngineError } from '../../../lib/docker/index.ts';
import { isCode } from '../../../lib/errors/index.ts';
import { VirtualClock } from '../../../lib/simulation/virtual-clock.ts';

/** Engines that answer badly, which a good one cannot be made to do. */
describe('an engine that', () => {
  const clock = new VirtualClock();
  let directory: string;
  let server: Server;
  let engine: Engine;
  let answer: RequestListener;

  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'berth-modem-'));
    const socketPath = join(directory, 'docker.sock');
    server = createServer((request, response) => answer(request, response));
    await new Promise<void>((resolve) => server.listen(socketPath, resolve));
    engine = createDockerEngine({ socketPath }, { clock });
  });
  afterEach(() => {
    engine.close();
    server.closeAllConnections();
    server.close();
    rmSync(directory, { recursive: true });
  });

  const failure = (work: Promise<unknown>): Promise<unknown> =>
    work.then(
      () => undefined,
      (error: unknown) => error,
    );

  it('never answers is unreachable when the time is up', async () => {
    let asked: (() => void) | undefined;
    const arrived = new Promise<void>((resolve) => (asked = resolve));
    answer = () => asked?.();
    const late = failure(engine.list('a', { timeoutMs: 5000 }));
    await arrived;
    await clock.advance(5000);
    expect(isCode(await late, 'BERTH_ENGINE_UNREACHABLE')).equal(true);
  });

  it('breaks off in the middle of an answer is unreachable', async () => {
    answer = (_, response) => {
      response.writeHead(200, { 'Content-Length': 100 });
      response.write('[{');
      setImmediate(() => response.destroy());
    };
    expect(isCode(await failure(engine.list('a')), 'BERTH_ENGINE_UNREACHABLE')).equal(true);
  });

  it('is not there is unreachable', async () => {
    const nobody = createDockerEngine({ socketPath: join(directory, 'none.sock') }, { clock });
    expect(isCode(await failure(nobody.info()), 'BERTH_ENGINE_UNREACHABLE')).equal(true);
  });

  it('refuses is quoted, with its status', async () => {
    answer = (_, response) => {
      response.writeHead(409, { 'Content-Type': 'application/json' });
      response.end('{"message":"Conflict. The name is - taken"}');
    };
    const refusal = await failure(engine.inspect('x'));
    expect(refusal).instanceOf(EngineError).include({ statusCode: 409, message: 'Conflict. The name is - taken' });
  });

  it('reports a failed pull under status 200 has failed', async () => {
    answer = (_, response) => {
      response.write('{"status":"Pulling from library/redis"}\r\n{"errorDetail":{"message":"no'); // cut in a line
      setImmediate(() => response.end(' space left"},"error":"no space left"}\r\n'));
    };
    const refusal = await failure(engine.pull('redis:3'));
    expect(isCode(refusal, 'BERTH_IMAGE')).equal(true);
    expect(String(refusal)).contain('redis:3: no space left');
  });

  for (const [reference, query] of [
    ['redis:3', 'fromImage=redis%3A3'],
    ['redis', 'fromImage=redis&tag=latest'],
    ['localhost:5000/a/b', 'fromImage=localhost%3A5000%2Fa%2Fb&tag=latest'],
    ['redis@sha256:00', 'fromImage=redis%40sha256%3A00'],
  ]) {
    it(`is asked for ${reference} and no other tag`, async () => {
      let asked = '';
      answer = (request, response) => {
        asked = request.url ?? '';
        response.end('{}\n');
      };
      await engine.pull(reference!);
      expect(asked).equal(`/images/create?${query}`);
    });
  }

  it('is reached where we were told, whatever DOCKER_HOST says', async () => {
    const before = process.env.DOCKER_HOST;
    process.env.DOCKER_HOST = 'tcp://192.0.2.1:1';
    try {
      answer = (_, response) => response.end('[]');
      const told = createDockerEngine({ socketPath: join(directory, 'docker.sock') }, { clock });
      expect(await told.list('a')).deep.equal([]);
      told.close();
    } finally {
      if (before === undefined) delete process.env.DOCKER_HOST;
      else process.env.DOCKER_HOST = before;
    }
  });
});
