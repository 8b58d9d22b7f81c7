import type { Clock } from '../../lib/platform/index.ts';
import type { EventRecord } from '../../lib/records/index.ts';
import { age } from '../output/age.ts';
import { Table } from '../output/table.ts';
import { follow, read, type State } from './reading.ts';
import { findResource, type Resource } from './resources/index.ts';
import type { ExitCode, Session } from './session.ts';

export interface EventOptions {
  /** Absent: all. What is in no namespace is always among them. */
  namespace: string | undefined;
  /** Only those about this one and what it made. */
  of?: { resource: Resource; name: string } | undefined;
  /** Only these types. */
  types?: readonly EventRecord['type'][] | undefined;
  /** Goes on with what happens, until the signal aborts. */
  watch?: AbortSignal;
  headers?: 'none';
}

/** Whether an event is about what `about` says: `applications/default/shop`. */
export type About = (about: string) => boolean;

/**
 * Events about a thing and what was made for it. Needs no record: an event outlives what it is about.
 *
 * @param name  as it is printed, or the whole id
 */
export function aboutOf({ plural, namespaced }: Resource, name: string, namespace: string | undefined): About {
  const ids = namespaced && namespace !== undefined ? [`${namespace}/${name}`, name] : [name];
  const within = (kind: string, id: string, about: string) =>
    about === `${kind}/${id}` || about.startsWith(`${kind}/${id}/`);
  // An application makes containers and networks, a cloud makes hosts.
  const made: Readonly<Record<string, readonly string[]>> = {
    applications: ['containers', 'networkclaims', 'entities'],
    dockerclouds: ['hosts'],
  };
  const kinds = [plural, ...(made[plural] ?? [])];
  return (about) =>
    kinds.some((kind) => ids.some((id) => within(kind, id, about))) ||
    // Hosts are named with their cloud and without.
    (plural === 'hosts' && about.startsWith('hosts/') && about.endsWith(`/${name}`)) ||
    (!namespaced ? false : namespace === undefined && about.startsWith(`${plural}/`) && about.endsWith(`/${name}`));
}

/** By time, the oldest first. */
export function eventsOf(state: State, wanted: About = () => true): EventRecord[] {
  return state
    .list('events')
    .filter(({ value }) => wanted(value.about))
    .sort((a, b) => compare(a.value.last, b.value.last) || a.modRevision - b.modRevision)
    .map(({ value }) => value);
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** `berth events`. @throws BERTH_STORE_… */
export async function events(session: Session, options: EventOptions): Promise<ExitCode> {
  const { of, namespace, types, watch, headers } = options;
  const about = of && aboutOf(of.resource, of.name, namespace);
  const select = (state: State) =>
    eventsOf(state, about ?? ((each) => isIn(each, namespace))).filter(({ type }) => !types || types.includes(type));
  const printer = new EventPrinter(session.clock, { headers, spaced: namespace === undefined });
  if (!watch) {
    const found = select(await read(session, [{ kind: 'events' }]));
    if (found.length === 0) session.note('No events found.');
    else session.print(printer.rows(found));
    return 0;
  }
  const seen = new Set<string>();
  for await (const state of follow(session, [{ kind: 'events' }], watch)) {
    const fresh = select(state).filter((event) => !seen.has(JSON.stringify(event)));
    for (const event of fresh) seen.add(JSON.stringify(event));
    if (fresh.length > 0) session.print(printer.rows(fresh));
  }
  return 0;
}

/** The kinds whose ids begin with a namespace, as events call them. */
const NAMESPACED: ReadonlySet<string> = new Set([
  'applications',
  'containers',
  'networkclaims',
  'entities',
  'pending',
  'machines',
]);

const isIn = (about: string, namespace: string | undefined): boolean =>
  namespace === undefined || [undefined, namespace].includes(namespaceOf(about));

/** Undefined: it is in none. */
function namespaceOf(about: string): string | undefined {
  const [kind = '', first] = about.split('/');
  return NAMESPACED.has(kind) ? first : undefined;
}

/** Prints events as kubectl does. */
export class EventPrinter {
  readonly #clock: Pick<Clock, 'now'>;
  readonly #table: Table;
  readonly #spaced: boolean;

  /** @param options.spaced  with the namespace of each */
  constructor(
    clock: Pick<Clock, 'now'>,
    { headers, spaced = false }: { headers?: 'none' | undefined; spaced?: boolean } = {},
  ) {
    this.#clock = clock;
    this.#spaced = spaced;
    const names = ['LAST SEEN', 'TYPE', 'REASON', 'OBJECT', 'MESSAGE'];
    this.#table = new Table(spaced ? ['NAMESPACE', ...names] : names, headers);
  }

  rows(events: readonly EventRecord[]): string {
    const now = this.#clock.now();
    return this.#table.render(
      events.map(({ about, type, reason, message, count, first, last }) => {
        const seen = count > 1 ? `${age(last, now)} (x${count} over ${age(first, now)})` : age(last, now);
        const cells = [seen, type, reason, nameOf(about), message];
        return this.#spaced ? [namespaceOf(about), ...cells] : cells;
      }),
    );
  }
}

/** `applications/default/shop` → `application/shop`, as it is asked for; `networks` is about all of them. */
function nameOf(about: string): string {
  const slash = about.indexOf('/');
  if (slash < 0) return about;
  const [kind, id] = [about.slice(0, slash), about.slice(slash + 1)];
  try {
    const { singular, namespaced } = findResource(kind);
    const rest = namespaced || (kind === 'hosts' && id.includes('/')) ? id.slice(id.indexOf('/') + 1) : id;
    return `${singular}/${rest}`;
  } catch {
    return about;
  }
}
