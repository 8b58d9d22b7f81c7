import { hostname } from 'node:os';
import { controllers } from '../../controllers/index.ts';
import { createProcess, type Process } from '../../controllers/process.ts';
import { BerthError, messageOf } from '../../lib/errors/index.ts';
import { here } from '../../lib/machine/index.ts';
import { informerMetrics, processMetrics, Registry, requestMetrics } from '../../lib/metrics/index.ts';
import { type Log, sleep, systemClock, systemRandom, uid } from '../../lib/platform/index.ts';
import { createSealer, defaultIdentityPath, loadIdentity } from '../../lib/secrets/index.ts';
import { createEtcd } from '../../lib/store/etcd/index.ts';
import { type Kv, keyspace } from '../../lib/store/index.ts';
import { type EtcdAccess, readEtcdAccess } from '../options/etcd.ts';
import type { ServerFlags } from '../options/server.ts';
import { version } from '../version.ts';
import { formatAddress, isLoopback, isWildcard } from './address.ts';
import { findContainer } from './containers.ts';
import { greeting } from './greeting.ts';
import { createHttp } from './http/index.ts';
import { createLog } from './log.ts';
import { hostNetworkReader } from './networks.ts';
import { type OwnEtcd, startOwnEtcd } from './own-etcd.ts';
import { readiness } from './readiness.ts';
import { chosen, type HttpSettings, httpSettings, type OwnEtcdSettings, ownEtcdAddress } from './settings.ts';
import { endingSignal, endOnDefects } from './signals.ts';
import { createTools, dockerSocket } from './tools.ts';

export interface ServeOptions {
  /** Start an etcd of our own there. */
  own?: OwnEtcdSettings & { directory: string };
  /** Tell a person where everything is. */
  greet?: boolean;
}

const clock = systemClock;
const random = systemRandom;

/**
 * A process of controllers, from its options to its end: the composition root of everything real. Resolves when it was
 * asked to end and has ended in order; containers run on.
 *
 * @throws BERTH_USAGE where it cannot start; BERTH_STORE_UNAVAILABLE when its own etcd ends
 */
export async function serve(flags: ServerFlags, { own, greet = false }: ServeOptions = {}): Promise<void> {
  const format = flags.logFormat ?? (process.stderr.isTTY ? 'text' : 'json');
  const log = createLog({ level: flags.logLevel, format });
  endOnDefects(log);
  const ending = endingSignal(log);
  // The timers of our clock let a process end that has nothing else to do; this one has.
  const alive = setInterval(() => undefined, 2 ** 30);
  // Undone in reverse, however far it came.
  const undo: (() => Promise<void> | void)[] = [];
  try {
    const http = await httpSettings(flags, process.env);
    const definitions = chosen(controllers, flags.only);
    const identity = await loadIdentity(flags.identity ?? defaultIdentityPath(process.env));
    const sealer = await createSealer({ identity });

    const etcd = own && (await startOwnEtcd({ ...own, listen: ownEtcdAddress(own) }, { clock, env: process.env }));
    if (etcd) undo.push(() => etcd.stop());
    const access = await readEtcdAccess(flags, etcd?.endpoint);

    const registry = new Registry();
    processMetrics(registry);
    const clients = createClients(access, registry, log);
    undo.push(() => clients.close());
    const real = createTools({ clock, random, log, sealer, socket: dockerSocket(process.env) });
    undo.push(() => real.close());

    let berth: Process | undefined;
    const ready = () =>
      berth ? readiness(berth.manager.ready(), berth.cache.health()) : { ready: false, why: 'starting' };
    // Logs and commands go on without etcd, by what is known.
    const state = () => (berth?.manager.ready().ready ? berth.cache : undefined);
    const find = findContainer(state, real.linkTo);
    const readNetwork = hostNetworkReader(state, real.linkTo);
    const url = await listen(http, { registry, ready, find, readNetwork, log, undo });

    berth = createProcess({
      controllers: definitions,
      kv: clients.of('reader'),
      kvFor: clients.of,
      keyspace: keyspace(access.prefix),
      ...{ clock, random, log, tools: real.tools, metrics: registry },
      identity: {
        ...{ replica: `${hostname()}-${process.pid}-${uid(random, 6)}`, hostname: hostname(), pid: process.pid },
        ...{ version, http: url },
      },
    });
    const { cache, manager } = berth;
    informerMetrics(registry, { name: 'berth', cache });
    cache.subscribe((changes) => {
      for (const { kind, id, after } of changes) if (kind === 'hosts' && !after) real.forget(nameOf(id));
    });
    berth.start();
    undo.push(async () => {
      await berth?.stop();
      log.info({}, 'has given back all leads');
    });
    log.info({ etcd: access.endpoints, http: url, controllers: definitions.map(({ name }) => name) }, 'starts');

    const failed = etcd?.failed.then((error) => Promise.reject(error));
    await Promise.race([
      announce({ access, etcd, url, greet, log, synced: (signal) => cache.synced(signal), why: waitsFor }, ending),
      ...(failed ? [failed] : []),
    ]);

    function waitsFor(): string {
      return cache.health().find(({ synced }) => !synced)?.lastFailure ?? manager.ready().why;
    }
  } finally {
    for (const step of undo.reverse()) await step();
    clearInterval(alive);
    // Whatever still has a socket open by now is not worth waiting for.
    clock.after(1000, () => process.exit());
  }
}

const nameOf = (hostId: string): string => hostId.slice(hostId.indexOf('/') + 1);

/** One client of etcd a user: all that ask as the same one share it. */
function createClients(access: EtcdAccess, registry: Registry, log: Log) {
  const counted = requestMetrics(registry);
  const host = access.endpoints.map((url) => new URL(url).host).join(',');
  const clients = new Map<string, Kv>();
  return {
    of(who: string): Kv {
      const options = access.optionsFor(who);
      const user = options.user ?? '';
      const known = clients.get(user);
      if (known) return known;
      const client = counted(createEtcd({ ...options, clock, log: log.child({ part: 'etcd' }) }), host);
      clients.set(user, client);
      return client;
    },
    close() {
      for (const client of clients.values()) client.close();
    },
  };
}

/** @returns the URL at which the port is reached */
async function listen(
  settings: HttpSettings,
  parts: Pick<Parameters<typeof createHttp>[0], 'registry' | 'ready' | 'find' | 'readNetwork' | 'log'> & {
    undo: (() => Promise<void> | void)[];
  },
): Promise<string> {
  const app = createHttp({ ...settings, ...parts, metrics: isLoopback(settings.listen) ? 'open' : 'guarded' });
  parts.undo.push(() => app.close());
  try {
    await app.listen(settings.listen);
  } catch (error) {
    throw new BerthError('BERTH_USAGE', `cannot serve HTTP on ${formatAddress(settings.listen)}: ${messageOf(error)}`, {
      hint: 'name another address by --http; 127.0.0.1:0 takes any free port',
    });
  }
  const bound = app.server.address();
  const port = typeof bound === 'object' && bound ? bound.port : settings.listen.port;
  const host = isWildcard(settings.listen) ? here.address() : settings.listen.host;
  return `${settings.tls ? 'https' : 'http'}://${formatAddress({ host, port })}`;
}

/** Seconds until waiting is worth a line, and between such lines. */
const WAITING = { first: 3, then: 10 };

/** Says where everything is once it is, or what is waited for; then stays until `ending`. */
async function announce(
  about: {
    access: EtcdAccess;
    etcd: OwnEtcd | undefined;
    url: string;
    greet: boolean;
    log: Log;
    synced(signal: AbortSignal): Promise<void>;
    why(): string;
  },
  ending: AbortSignal,
): Promise<void> {
  const { access, etcd, url, greet, log, synced, why } = about;
  const done = new AbortController();
  const waiting = (async () => {
    for (let seconds = WAITING.first; ; seconds = WAITING.then) {
      await sleep(clock, seconds * 1000, AbortSignal.any([ending, done.signal]));
      log.warn({ etcd: access.endpoints, why: why() }, 'waits for etcd');
    }
  })();
  waiting.catch(() => undefined);
  try {
    await synced(ending);
    log.info({}, 'has read all records');
    if (greet) process.stdout.write(greeting({ access, etcd, url }));
  } catch (error) {
    if (!ending.aborted) throw error;
  } finally {
    done.abort();
  }
  if (ending.aborted) return;
  await new Promise<void>((resolve) => ending.addEventListener('abort', () => resolve(), { once: true }));
}
