import { type CreateOptions, PAUSE_IMAGE, SHIM_RUNTIME } from '../../lib/docker/index.ts';
import { nameOf } from '../../lib/store/index.ts';
import { type ContainerContext, type Host, labels } from './host.ts';
import type { Action, Member } from './model.ts';

/** The Docker name: a second create of the same incarnation meets it. */
const dockerName = (member: Member): string => `berth-${nameOf(member)}-${member.assignment?.uid}`;

/** How the engine is asked for a container. */
export function containerOptions(
  { member, record, pause }: Extract<Action, { do: 'create' }>,
  host: Host,
): CreateOptions {
  return {
    name: dockerName(member),
    image: record.image,
    hostname: nameOf(member),
    labels: {
      ...record.labels,
      ...identity(member, host.name, host.context),
      [labels.container]: member.id,
      [labels.stopGrace]: String(record.stopGrace),
    },
    env: record.env,
    ...(record.command ? { command: record.command } : {}),
    ...(record.entrypoint ? { entrypoint: record.entrypoint } : {}),
    ...(record.user === undefined ? {} : { user: record.user }),
    ...(pause ? { networkMode: `container:${pause.id}` } : { networkMode: 'host', runtime: SHIM_RUNTIME }),
    // `always` would start again, after a restart of the engine, what its record says is stopped.
    restart: record.restart === 'always' ? 'unless-stopped' : record.restart,
    stopGrace: record.stopGrace,
    cpus: record.resources.cpus,
    memory: record.resources.memory,
    binds: record.volumes.map(({ source, target, readOnly }) => `${source}:${target}${readOnly ? ':ro' : ''}`),
    extraHosts: record.extraHosts,
    ...namesFor(member, host),
    ...(record.healthCheck ? { healthCheck: record.healthCheck } : {}),
  };
}

/** A pause container: it has the host name and the names that its application container cannot have of its own. */
export function pauseOptions(member: Member, host: Host): CreateOptions {
  return {
    name: `${dockerName(member)}-pause`,
    image: PAUSE_IMAGE,
    hostname: nameOf(member),
    labels: { ...identity(member, host.name, host.context), [labels.pause]: member.id },
    env: {},
    command: ['/pause'],
    networkMode: 'none',
    restart: 'unless-stopped',
    stopGrace: 0,
    cpus: 0,
    memory: 0,
    binds: [],
    extraHosts: member.record?.extraHosts ?? [],
    ...namesFor(member, host),
  };
}

/**
 * Its name servers: those of its networks, else the host's own, as far as containers can reach them. Names are looked
 * for in its application first.
 */
function namesFor({ id, endpoint }: Member, { record, cloud }: Host): Pick<CreateOptions, 'dns' | 'dnsSearch'> {
  const dns = endpoint?.dns.length ? endpoint.dns : (record.nameservers ?? []);
  const [namespace, app] = id.split('/');
  const zone = cloud?.dns?.zone;
  return { dns, ...(zone === undefined ? {} : { dnsSearch: [`${app}.${namespace}.${zone}`] }) };
}

const identity = (
  { assignment }: Member,
  host: string,
  { installation }: ContainerContext,
): Record<string, string> => ({
  [labels.uid]: assignment?.uid ?? '',
  [labels.spec]: assignment?.spec ?? '',
  [labels.cloud]: assignment?.cloud ?? '',
  [labels.host]: host,
  [labels.installation]: installation,
});
