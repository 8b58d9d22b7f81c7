import { type NameServer, NameServerRefused, parseKeySecret, TransferBroken } from '../../lib/dns/index.ts';
import { BerthError, messageOf } from '../../lib/errors/index.ts';
import { allDone, type Result } from '../../lib/reconcile/index.ts';
import type { DockerCloudSpec } from '../../lib/records/index.ts';
import type { Entry, View } from '../../lib/store/index.ts';
import type { Discovery } from './context.ts';
import type { Held } from './memory.ts';
import { standing, type Update, updatesFor } from './push.ts';
import {
  dnsOf,
  namesIn,
  parseServerZone,
  type Reached,
  reach,
  removals,
  type ServerSpec,
  type ServerZone,
} from './servers.ts';

/** Milliseconds between comparisons of a whole zone: what somebody else changed there is set right. */
const COMPARE_EVERY = 60_000;
/** Milliseconds from one update to the next at least: what changes meanwhile goes in one. */
const PACE = 100;
/** Milliseconds after a failure, doubled with each: a server that is down is asked seldom, and holds up no other. */
const RETRY = { first: 1000, most: 30_000 };

/** Brings one zone of one server in line with the names that it has to hold. */
export async function reconcileServerZone(key: string, context: Discovery): Promise<Result> {
  const { state, tools, clock, fence, event } = context;
  const place = parseServerZone(key);
  const dns = dnsOf(state.get('accepted/dockerclouds', place.cloud));
  const server = dns?.servers[place.index];
  if (!dns || !server) return tools.memory.forget(key);

  const at = reach(server, state);
  if (at === 'stopped') return undefined;
  const identity = at === 'unwanted' ? at : `${at.identity} ${keyIdentity(server, state)}`;
  const held = tools.memory.of(key, { fence: fence.revision, identity });
  if (at === 'unwanted') {
    for (const { id, modRevision } of namesIn(place, dns, state)) held.names.set(id, modRevision);
    await allDone(removals(namesIn(place, dns, state), context));
    return undefined;
  }
  const wait = held.retryAt - clock.monotonic();
  if (wait > 0) return { after: wait };

  const about = `dockerclouds/${place.cloud}`;
  try {
    const asked = { ...(await withKey(server, at, context)), place, dns, held };
    const first = held.compareAt === 0;
    await bringInLine(asked, context);
    if (first || held.failures > 0) {
      event(about, 'Normal', 'NamesServed', `the name server ${at.address}:${at.port} has the names of ${place.zone}`);
    }
    held.failures = 0;
    held.retryAt = clock.monotonic() + PACE;
  } catch (error) {
    if (!(error instanceof BerthError) || !PROBLEMS.has(error.code)) throw error;
    event(about, 'Warning', reasonOf(error), messageOf(error));
    // Whether the last update happened is not known: it is found out by comparing.
    held.compareAt = held.compareAt && clock.monotonic();
    const after = Math.min(RETRY.most, RETRY.first * 2 ** held.failures++);
    held.retryAt = clock.monotonic() + after;
    return { after };
  }
  await allDone(removals(namesIn(place, dns, state), context));
  return { after: Math.max(0, held.compareAt - clock.monotonic()) };
}

/** Of the key as it is configured: with another one a server is asked at once, however often it refused. */
function keyIdentity({ key }: ServerSpec, state: View): string {
  const sealed = key?.secret === undefined ? undefined : state.get('secrets', `berth-system/${key.secret}`);
  return `${JSON.stringify(key)} ${sealed?.modRevision ?? 0}`;
}

/** What is wrong with the server or its key; anything else is not this server's. */
const PROBLEMS: ReadonlySet<string> = new Set(['BERTH_DNS', 'BERTH_INVALID', 'BERTH_NOT_FOUND']);

const reasonOf = (error: BerthError): string => {
  if (error instanceof NameServerRefused) return 'NameServerRefused';
  return error.code === 'BERTH_DNS' ? 'NameServerUnreachable' : 'NameServerKey';
};

interface Asked {
  server: NameServer;
  place: ServerZone;
  dns: DockerCloudSpec['dns'];
  held: Held;
}

async function bringInLine({ server, place, dns, held }: Asked, context: Discovery): Promise<void> {
  const { state, tools, clock, fence, signal } = context;
  const compare = clock.monotonic() >= held.compareAt;
  let stands: ReturnType<typeof standing> | undefined;
  if (compare) {
    try {
      stands = standing(await tools.dns.transfer(server, place.zone, signal));
    } catch (error) {
      // Who lets nobody look, or breaks off, is told everything again: an update that changes nothing does no harm.
      const refused = error instanceof NameServerRefused && !error.answer.startsWith('BAD');
      if (!refused && !(error instanceof TransferBroken)) throw error;
    }
  }
  const names = namesIn(place, dns, state).filter(
    ({ id, modRevision }) => compare || held.names.get(id) !== modRevision,
  );
  for (const update of updatesFor(names, stands)) {
    if (update.rrsets.length > 0) {
      fence.check();
      await send(update, { server, place, dns, held }, context);
    }
    for (const { id, modRevision } of update.names) held.names.set(id, modRevision);
  }
  // Records that are gone need not be remembered.
  for (const id of held.names.keys()) if (!state.get('names', id)) held.names.delete(id);
  if (compare) held.compareAt = clock.monotonic() + COMPARE_EVERY;
}

async function send({ names, rrsets }: Update, { server, place, dns }: Asked, context: Discovery): Promise<void> {
  try {
    await context.tools.dns.update(server, place.zone, rrsets, context.signal);
  } catch (error) {
    // A zone that was given up and that the server has no more holds no name either.
    const givenUp = place.zone !== dns.zone && !dns.reverseZones.includes(place.zone);
    const gone = error instanceof NameServerRefused && error.answer === 'NOTAUTH' && names.every(isGoing);
    if (!givenUp || !gone) throw error;
  }
}

const isGoing = ({ value }: Entry<'names'>): boolean => value.deleting === true;

/** @throws BERTH_INVALID or BERTH_NOT_FOUND when there is no key where the cloud's record says */
async function withKey(
  { key }: ServerSpec,
  { address, port }: Reached,
  { state, tools }: Discovery,
): Promise<{ server: NameServer }> {
  if (!key) return { server: { address, port } };
  const { name, algorithm, secretFile, secret } = key;
  const found = secretFile === undefined ? await opened(secret ?? '', state, tools) : await read(secretFile, tools);
  const place = secretFile ?? `secrets/berth-system/${secret}`;
  return { server: { address, port, key: { name, algorithm, secret: parseKeySecret(found, place) } } };
}

async function read(path: string, { readFile }: Discovery['tools']): Promise<string> {
  try {
    return await readFile(path);
  } catch (error) {
    throw new BerthError('BERTH_NOT_FOUND', `the file of a name server's key cannot be read: ${messageOf(error)}`, {
      place: path,
    });
  }
}

async function opened(secret: string, state: View, { sealer }: Discovery['tools']): Promise<string> {
  const place = `secrets/berth-system/${secret}`;
  const entry = state.get('secrets', `berth-system/${secret}`);
  if (!entry) throw new BerthError('BERTH_NOT_FOUND', "there is no secret with a name server's key", { place });
  try {
    return await sealer.open(entry.value.toString());
  } catch (error) {
    if (!(error instanceof BerthError)) throw error;
    throw new BerthError(error.code, 'the sealed key of a name server cannot be opened', {
      ...error.details,
      place,
      cause: error,
    });
  }
}
