import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import {
  type CreateOptions,
  createDockerEngine,
  EngineError,
  type EngineEvent,
  ensurePauseImage,
  PAUSE_IMAGE,
} from '../../../lib/docker/index.ts';
import { tarOf } from '../../../lib/docker/pause.ts';
import { isCode } from '../../../lib/errors/index.ts';
import { systemClock, systemRandom, uid } from '../../../lib/platform/index.ts';
import { TEST_LABEL } from '../../harness/docker.ts';
import { until } from '../../harness/until.ts';

const IMAGE = 'berth-test/busybox:1';

describe('a real Docker Engine', function () {
  this.timeout(60_000);
  const engine = createDockerEngine({ socketPath: '/var/run/docker.sock' }, { clock: systemClock });
  const installation = uid(systemRandom);
  const label = `io.berth.installation=${installation}`;
  const options = (name: string, command: string[], more: Partial<CreateOptions> = {}): CreateOptions => ({
    name: `berth-${name}-${installation}`,
    image: IMAGE,
    hostname: name,
    labels: { 'io.berth.installation': installation, [TEST_LABEL]: '' },
    env: { GREETING: 'hello' },
    command: ['/busybox', ...command],
    networkMode: 'none',
    restart: 'no',
    stopGrace: 1,
    cpus: 0,
    memory: 0,
    binds: [],
    extraHosts: [],
    dns: [],
    ...more,
  });
  const failure = (work: Promise<unknown>): Promise<unknown> =>
    work.then(
      () => undefined,
      (error: unknown) => error,
    );

  before(() => engine.importImage!(IMAGE, tarOf('busybox', readFileSync('/usr/bin/busybox')), ['/busybox', 'sh']));
  after(async () => {
    for (const { id } of await engine.list(label)) await engine.remove(id);
    engine.close();
  });

  it('says what it is', async () => {
    const info = await engine.info();
    expect(info.cpus).greaterThan(0);
    expect(info.runtimes).contain('runc');
  });

  it('creates once, starts, shows, stops and removes, each of which may be done twice', async () => {
    const id = await engine.create(options('life', ['sleep', '1000'], { cpus: 0.5, memory: 64 << 20 }));
    expect(await failure(engine.create(options('life', ['true']))))
      .instanceOf(EngineError)
      .include({ statusCode: 409 });
    expect(await engine.inspect(id)).include({ state: 'created', startedAt: '' });
    await engine.start(id);
    await engine.start(id);
    const running = await engine.inspect(id);
    expect(running).include({ state: 'running', image: IMAGE, name: `berth-life-${installation}`, restarts: 0 });
    expect(running.pid).greaterThan(0);
    expect((await engine.list(label)).map((each) => each.id)).deep.equal([id]);
    await engine.stop(id, 0);
    await engine.stop(id, 0);
    expect((await engine.inspect(id)).state).equal('exited');
    await engine.remove(id);
    await engine.remove(id);
    expect(await failure(engine.inspect(id))).include({ statusCode: 404 });
  });

  it('names what is missing', async () => {
    expect(await engine.hasImage('berth-test/none:1')).equal(false);
    expect(await failure(engine.create(options('missing', [], { image: 'berth-test/none:1' })))).include({
      statusCode: 404,
    });
    expect(isCode(await failure(engine.pull('127.0.0.1:1/none:1')), 'BERTH_IMAGE')).equal(true);
  });

  it('runs commands in a container, with input, and tells how they end', async () => {
    const id = await engine.create(options('exec', ['sleep', '1000']));
    await engine.start(id);
    expect(await engine.exec(id, ['/busybox', 'sh', '-c', 'echo $GREETING; echo oh >&2; exit 3'])).deep.equal({
      code: 3,
      stdout: 'hello\n',
      stderr: 'oh\n',
    });
    expect(await engine.exec(id, ['/busybox', 'cat'], { stdin: 'over there' })).deep.equal({
      code: 0,
      stdout: 'over there',
      stderr: '',
    });
    expect(
      isCode(await failure(engine.exec(id, ['/busybox', 'sleep', '100'], { timeoutMs: 300 })), 'BERTH_TIMEOUT'),
    ).equal(true);
    await engine.remove(id);
  });

  it('gives a container’s output, to its end', async () => {
    const id = await engine.create(options('logs', ['sh', '-c', 'echo one; sleep 0.3; echo two >&2']));
    await engine.start(id);
    const seen: string[] = [];
    const signal = new AbortController().signal;
    for await (const { stream, data } of engine.logs(id, { follow: true, timestamps: false }, signal)) {
      seen.push(`${stream} ${data}`);
    }
    expect(seen.join('')).equal('stdout one\nstderr two\n');
    await engine.remove(id);
  });

  it('tells of starts and deaths, until it is no longer listened to', async () => {
    const stop = new AbortController();
    const seen: EngineEvent[] = [];
    const probes: string[] = [];
    let id = '';
    const listening = (async () => {
      for await (const event of engine.events(stop.signal)) {
        if (event.labels['io.berth.installation'] !== installation) continue;
        seen.push(event);
        if (event.containerId === id && event.action === 'destroy') stop.abort();
      }
    })();
    // Nothing says that it listens but an event.
    await until('an event', async () => {
      probes.push(await engine.create(options(`probe-${probes.length}`, ['true'])));
      return seen.length > 0;
    });
    for (const probe of probes) await engine.remove(probe);
    id = await engine.create(options('events', ['true']));
    await engine.start(id);
    await engine.remove(id);
    await listening;
    const of = (container: string) => seen.filter(({ containerId }) => containerId === container);
    expect(of(id).map(({ action }) => action)).include.members(['start', 'destroy']);
    expect(seen.every(({ containerId }) => [...probes, id].includes(containerId))).equal(true);
  });

  it('holds a namespace with the pause image, made here', async () => {
    await ensurePauseImage(engine);
    await ensurePauseImage(engine);
    const id = await engine.create({ ...options('pause', []), image: PAUSE_IMAGE, command: ['/pause'] });
    await engine.start(id);
    const { pid } = await engine.inspect(id);
    // What the kernel has it wait in: pause(2), from which it does not come back.
    const pausing = () => /^Name:\tpause\nUmask:.*\nState:\tS /.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
    await until('it to pause', pausing, { ms: 10_000, every: 20 });
    expect((await engine.inspect(id)).state).equal('running');
    await engine.remove(id);
  });
});
