/** The kinds that controllers write, as people look at them: one table. */

import { printBytes } from '../../../lib/quantity/index.ts';
import type { HostRecord } from '../../../lib/records/index.ts';
import { age } from '../../output/age.ts';
import type { State } from '../reading.ts';
import { containers } from './containers.ts';
import { type Definition, derived, namespacedSingles, type Single, singles } from './derived.ts';
import { names } from './names.ts';
import { endpoints, networks } from './networks.ts';
import type { Resource } from './resource.ts';

interface HostView {
  id: string;
  name: string;
  value: HostRecord;
  /** Assigned to it. */
  containers: number;
}

const hosts: Definition<HostView> = {
  plural: 'hosts',
  singular: 'host',
  kind: 'Host',
  shortNames: ['h'],
  namespaced: false,
  reads: { whole: ['hosts', 'assignments'] },
  subjects(state: State) {
    const used = new Map<string, number>();
    for (const { id } of state.list('assignments')) {
      const host = id.slice(0, id.indexOf('/'));
      used.set(host, (used.get(host) ?? 0) + 1);
    }
    return singles(
      'hosts',
      1,
    )(state).map(({ id, name, value }) => ({ id, name, value, containers: used.get(name) ?? 0 }));
  },
  columns: [
    { name: 'NAME', show: ({ name }) => name },
    { name: 'CLOUD', show: ({ value }) => value.cloud },
    { name: 'STATUS', show: ({ value }) => value.phase },
    { name: 'SCHEDULABLE', show: ({ value }) => String(value.schedulable) },
    { name: 'ADDRESS', show: ({ value }) => value.address },
    { name: 'CONTAINERS', show: ({ containers, value }) => share(containers, value.capacity.containers) },
    { name: 'CPUS', show: ({ value }) => value.capacity.cpus },
    { name: 'MEMORY', show: ({ value }) => readable(value.capacity.memory) },
    { name: 'AGE', show: ({ value }, ago) => ago(value.createdAt) },
    { name: 'DOCKER', wide: true, show: ({ value }) => value.docker.version },
    { name: 'LOCATION', wide: true, show: ({ value }) => value.location },
    { name: 'MACHINE', wide: true, show: ({ value }) => value.machineId },
    {
      name: 'MESSAGE',
      wide: true,
      show: ({ value }) => value.conditions.find(({ status }) => status === 'False')?.message,
    },
  ],
  fields: ({ value }) => value,
};

const assignments: Definition<Single<'assignments'>> = {
  plural: 'assignments',
  singular: 'assignment',
  kind: 'Assignment',
  shortNames: ['as'],
  namespaced: true,
  reads: { whole: ['assignments'] },
  subjects: namespacedSingles('assignments', 1),
  columns: [
    { name: 'NAME', show: ({ name }) => name },
    { name: 'HOST', show: ({ segments }) => segments[0] },
    { name: 'CLOUD', show: ({ value }) => value.cloud },
    { name: 'CPUS', show: ({ value }) => value.reserved.cpus },
    { name: 'MEMORY', show: ({ value }) => readable(value.reserved.memory) },
    {
      name: 'PORTS',
      show: ({ value }) =>
        value.reserved.ports.map(({ host, port, protocol }) => `${host}->${port}/${protocol}`).join(', '),
    },
    { name: 'UID', wide: true, show: ({ value }) => value.uid },
    { name: 'CHOSEN-BY', wide: true, show: ({ value }) => `${value.because.by} of ${value.because.of}` },
    { name: 'SUPERSEDES', wide: true, show: ({ value }) => value.supersedes },
  ],
  metadata: ({ segments }) => ({ host: segments[0] }),
  fields: ({ value }) => value,
};

const pending: Definition<Single<'pending'>> = {
  plural: 'pending',
  singular: 'pending',
  kind: 'Pending',
  namespaced: true,
  reads: { byNamespace: ['pending'] },
  subjects: namespacedSingles('pending'),
  columns: [
    { name: 'NAME', show: ({ name }) => name },
    { name: 'FOR', show: ({ value }, ago) => ago(value.since) },
    { name: 'MESSAGE', show: ({ value }) => value.message },
    { name: 'CPUS', wide: true, show: ({ value }) => value.resources.cpus },
    { name: 'MEMORY', wide: true, show: ({ value }) => readable(value.resources.memory) },
  ],
  fields: ({ value }) => value,
};

const leaders: Definition<Single<'leaders'>> = {
  plural: 'leaders',
  singular: 'leader',
  kind: 'Leader',
  namespaced: false,
  reads: { whole: ['leaders'] },
  subjects: singles('leaders'),
  columns: [
    { name: 'NAME', show: ({ name }) => name },
    { name: 'IDENTITY', show: ({ value }) => value.identity },
    { name: 'AGE', show: ({ value }, ago) => ago(value.since) },
  ],
  fields: ({ value }) => value,
};

const members: Definition<Single<'members'>> = {
  plural: 'members',
  singular: 'member',
  kind: 'Member',
  shortNames: ['replicas'],
  namespaced: false,
  reads: { whole: ['members'] },
  subjects: singles('members'),
  columns: [
    { name: 'NAME', show: ({ name }) => name },
    { name: 'HOSTNAME', show: ({ value }) => value.hostname },
    { name: 'PID', show: ({ value }) => value.pid },
    { name: 'VERSION', show: ({ value }) => value.version },
    { name: 'HTTP', show: ({ value }) => value.http },
    { name: 'AGE', show: ({ value }, ago) => ago(value.since) },
    { name: 'WOULD-LEAD', wide: true, show: ({ value }) => value.leads.join(',') },
  ],
  fields: ({ value }) => value,
};

const events: Definition<Single<'events'>> = {
  plural: 'events',
  singular: 'event',
  kind: 'Event',
  shortNames: ['ev'],
  namespaced: false,
  reads: { whole: ['events'] },
  subjects: singles('events'),
  columns: [
    { name: 'LAST-SEEN', show: ({ value }, ago) => ago(value.last) },
    { name: 'TYPE', show: ({ value }) => value.type },
    { name: 'REASON', show: ({ value }) => value.reason },
    { name: 'OBJECT', show: ({ value }) => value.about },
    { name: 'MESSAGE', show: ({ value }) => value.message },
    { name: 'FROM', wide: true, show: ({ value }) => value.controller },
    { name: 'COUNT', wide: true, show: ({ value }) => value.count },
    { name: 'FIRST-SEEN', wide: true, show: ({ value }, ago) => ago(value.first) },
  ],
  fields: ({ value }) => value,
};

export const internalResources: readonly Resource[] = [
  derived(hosts, age),
  derived(containers, age),
  derived(networks, age),
  derived(endpoints, age),
  derived(names, age),
  derived(assignments, age),
  derived(pending, age),
  derived(events, age),
  derived(leaders, age),
  derived(members, age),
];

/** `3/16`, or `3` where there is no limit. */
const share = (used: number, limit: number | undefined): string =>
  limit === undefined ? `${used}` : `${used}/${limit}`;

/** In the largest unit that is at least one, to a tenth: a host has 3.8g, not 4091234304 bytes. */
function readable(bytes: number): string {
  const exact = printBytes(bytes);
  if (!/^\d{4,}/.test(exact)) return exact;
  const units = ['', 'k', 'm', 'g', 't', 'p'];
  const power = Math.min(units.length - 1, Math.floor(Math.log2(Math.max(1, bytes)) / 10));
  return `${(bytes / 1024 ** power).toFixed(1).replace(/\.0$/, '')}${units[power]}`;
}
