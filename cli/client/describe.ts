import type { EventRecord } from '../../lib/records/index.ts';
import { age } from '../output/age.ts';
import { mask } from '../output/mask.ts';
import { toYaml } from '../output/objects.ts';
import { Table } from '../output/table.ts';
import { aboutOf, EventPrinter, eventsOf } from './events.ts';
import { networkSections, type Section } from './networks/sections.ts';
import { type Read, read, type State } from './reading.ts';
import { findResource, type Item, type PrintedObject, type Resource, type Scope } from './resources/index.ts';
import { conditionsOf } from './resources/user.ts';
import { chooseAll, parseSelections } from './selection.ts';
import { complain, type ExitCode, type Session } from './session.ts';

/** Things that belong to another, as a table of their own. */
interface Related {
  resource: string;
  belongs(other: Item, item: Item): boolean;
}

const cloudOf = ({ object }: Item): unknown => object.cloud;
const field = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null && name in value
    ? Object.entries(value).find(([key]) => key === name)?.[1]
    : undefined;
const hostsOf = ({ object: { incarnations } }: Item): unknown[] =>
  Array.isArray(incarnations) ? incarnations.map((each) => field(each, 'host')) : [];

const isOwnNetworkOf = (network: Item, app: Item): boolean => network.id.startsWith(`${app.id.replace('/', '.')}.`);
const owns = (app: Item, name: Item): boolean =>
  typeof name.object.owner === 'string' && name.object.owner.split('/').slice(1, 3).join('/') === app.id;

/** What is shown below a thing, by its kind. */
const related: Readonly<Record<string, readonly Related[]>> = {
  applications: [
    { resource: 'containers', belongs: (container, app) => container.id.startsWith(`${app.id}/`) },
    { resource: 'networks', belongs: isOwnNetworkOf },
    { resource: 'names', belongs: (name, app) => owns(app, name) },
  ],
  dockerclouds: [
    { resource: 'hosts', belongs: (host, cloud) => cloudOf(host) === cloud.name },
    {
      resource: 'applications',
      belongs: (app, cloud) => field(app.spec ?? app.object.spec, 'location') === cloud.name,
    },
    { resource: 'networks', belongs: (network, cloud) => cloudOf(network) === cloud.name },
  ],
  hosts: [{ resource: 'containers', belongs: (container, host) => hostsOf(container).includes(host.name) }],
  containers: [{ resource: 'endpoints', belongs: (endpoint, container) => endpoint.id.endsWith(`/${container.id}`) }],
  networks: [
    { resource: 'virtualnetworks', belongs: (declared, network) => declared.id === network.id },
    { resource: 'applications', belongs: (app, network) => isOwnNetworkOf(network, app) },
  ],
  virtualnetworks: [{ resource: 'networks', belongs: (network, declared) => declared.id === network.id }],
  namespaces: [{ resource: 'applications', belongs: (app, namespace) => app.namespace === namespace.name }],
};

/** `berth describe`: all there is to say about a thing, but for what looks like a secret. @throws BERTH_NOT_FOUND, BERTH_USAGE */
export async function describe(
  session: Session,
  args: readonly string[],
  { namespace }: { namespace: string | undefined },
): Promise<ExitCode> {
  const scope: Scope = { namespace };
  const texts: string[] = [];
  const missing = [];
  for (const selection of parseSelections(args)) {
    const { resource } = selection;
    const others = (related[resource.plural] ?? []).map((each) => ({ ...each, resource: findResource(each.resource) }));
    const own = networkSections[resource.plural];
    const everywhere: Scope = resource.namespaced ? scope : { namespace: undefined };
    const state = await read(
      session,
      distinct([
        ...resource.reads(scope),
        ...others.flatMap((other) => other.resource.reads(everywhere)),
        ...(own?.reads ?? []),
        { kind: 'events' },
      ]),
    );
    const found = chooseAll(resource.items(state, scope), selection, namespace);
    missing.push(...found.missing);
    for (const item of found.chosen) {
      const tables = others.map((other) => ({
        resource: other.resource,
        items: other.resource.items(state, everywhere).filter((each) => other.belongs(each, item)),
      }));
      const sections = own?.of(item, state) ?? [];
      texts.push(describeItem(item, { sections, tables, events: eventsAbout(item, state), now: session.clock.now() }));
    }
    if (selection.names.length === 0 && found.chosen.length === 0) session.note('No resources found.');
  }
  if (texts.length > 0) session.print(texts.join('\n\n'));
  return complain(session, missing);
}

/** Each part of the store once. */
const distinct = (reads: readonly Read[]): Read[] => [
  ...new Map(reads.map((each) => [JSON.stringify(each), each])).values(),
];

const eventsAbout = ({ resource, name, namespace }: Item, state: State): EventRecord[] =>
  eventsOf(state, aboutOf(resource, name, namespace));

interface Surroundings {
  sections: readonly Section[];
  tables: readonly { resource: Resource; items: readonly Item[] }[];
  events: readonly EventRecord[];
  /** Milliseconds since the epoch. */
  now: number;
}

function describeItem({ object, resource }: Item, { sections, tables, events, now }: Surroundings): string {
  return [
    heading(object, now),
    ...body(object),
    conditions(object, now),
    ...sections.map(({ title, text }) => section(title, text)),
    ...tables.map(({ resource: other, items }) =>
      section(capitalised(other.plural), tableOf(other, items, { now, within: resource })),
    ),
    section('Events', events.length > 0 ? new EventPrinter({ now: () => now }).rows(events) : ''),
  ]
    .filter((text) => text !== '')
    .join('');
}

/** Name, kind and what else the metadata tells, with the phase. */
function heading({ kind, metadata, status }: PrintedObject, now: number): string {
  const { name, namespace, deletionTimestamp, ...more } = metadata;
  const phase = field(status, 'phase');
  const lines: [string, unknown][] = [
    ['Name', name],
    ['Namespace', namespace],
    ['Kind', kind],
    ...Object.entries(more).map(([key, value]): [string, unknown] => [capitalised(key), value]),
    ['Deleting', typeof deletionTimestamp === 'string' ? `for ${age(deletionTimestamp, now)}` : undefined],
    ['Status', phase],
  ];
  return lines
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${label(name)}${value}\n`)
    .join('');
}

/** The record itself, as YAML: what the user wrote, the counts of its status; or what a controller wrote. */
function body(object: PrintedObject): string[] {
  const { apiVersion: _, kind: __, metadata: ___, conditions: ____, ...rest } = object;
  return Object.entries(rest).map(([name, value]) => {
    const shown = name === 'status' ? counts(value) : value;
    if (shown === undefined || isEmpty(shown)) return '';
    const masked = mask(shown, name);
    if (typeof masked !== 'object') return `${label(capitalised(name))}${masked}\n`;
    return section(name === 'status' ? 'Counts' : capitalised(name), toYaml(masked));
  });
}

/** What a status says besides its phase and conditions. */
function counts(status: unknown): unknown {
  if (typeof status !== 'object' || status === null) return status;
  return Object.fromEntries(
    Object.entries(status).filter(([name]) => !['phase', 'conditions', 'observedGeneration'].includes(name)),
  );
}

const isEmpty = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && Object.keys(value).length === 0;

function conditions(object: PrintedObject, now: number): string {
  const rows = conditionsOf(object).map(({ type, status, lastTransitionTime, reason, message }) => [
    type,
    status,
    age(lastTransitionTime, now),
    reason,
    message,
  ]);
  return rows.length === 0
    ? ''
    : section('Conditions', new Table(['TYPE', 'STATUS', 'AGE', 'REASON', 'MESSAGE']).render(rows));
}

function tableOf(
  resource: Resource,
  items: readonly Item[],
  { now, within }: { now: number; within: Resource },
): string {
  if (items.length === 0) return '';
  const shown = resource.columns.flatMap(({ name, wide }, i) => (wide ? [] : [{ name, i }]));
  const spaced = resource.namespaced && !within.namespaced;
  const names = shown.map(({ name }) => name);
  return new Table(spaced ? ['NAMESPACE', ...names] : names).render(
    items.map((item) => {
      const cells = item.cells(now);
      return [...(spaced ? [item.namespace] : []), ...shown.map(({ i }) => cells[i])];
    }),
  );
}

/** In front of a value that fits into its line. */
const label = (name: string): string => `${`${name}:`.padEnd(13)} `;

const section = (title: string, text: string): string =>
  text === '' ? `${label(title)}<none>\n` : `${title}:\n${text.replace(/^(?=.)/gm, '  ')}`;

const capitalised = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);
