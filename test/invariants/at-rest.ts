import type { ApplicationSpec } from '../../lib/records/index.ts';
import type { Ledger } from './ledger.ts';
import { nameOf } from './ledger.ts';
import { networksAtRest } from './networks-at-rest.ts';

/** What must hold once everything has come to rest: what is wanted runs, nothing else does. In words, what does not. */
export function brokenAtRest(ledger: Ledger): string[] {
  return [...everythingAnswered(ledger), ...everythingRuns(ledger), ...nothingExtra(ledger), ...networksAtRest(ledger)];
}

/** Every record that a user put has its answer, and an application that has a cloud and room is ready. */
function* everythingAnswered(ledger: Ledger): Iterable<string> {
  for (const kind of ['applications', 'dockerclouds', 'virtualnetworks'] as const) {
    for (const { id, modRevision } of ledger.list(kind)) {
      const status = ledger.get(`status/${kind}`, id)?.value;
      if (status?.observedGeneration !== modRevision) {
        yield `${kind}/${id} of revision ${modRevision} has no answer (${status?.observedGeneration ?? 'none'})`;
      }
    }
  }
  for (const { id, value } of ledger.list('accepted/applications')) {
    const cloud = ledger.get('accepted/dockerclouds', value.spec.location)?.value;
    const waiting = ledger.list('pending').some((pending) => pending.id.startsWith(`${id}/`));
    if (!cloud || cloud.deleting !== undefined || waiting || waitsForNobody(value.spec)) continue;
    if (waitsForANetwork(ledger, id, value.spec)) continue;
    const ready = ledger.get('status/applications', id)?.value.conditions.find(({ type }) => type === 'Ready');
    if (ready?.status !== 'True')
      yield `applications/${id} is not ready: ${ready?.reason ?? 'nothing'}: ${ready?.message ?? 'said'}`;
  }
}

/** Something is linked to a service that has no containers: it waits for as long as the user wants it so. */
const waitsForNobody = ({ services }: ApplicationSpec): boolean =>
  services.some(({ links }) => links.some((link) => services.find(({ id }) => id === link.service)?.replicas === 0));

/** One of its networks is not there, and need not be. */
function waitsForANetwork(ledger: Ledger, app: string, { services, virtualNetworks = [] }: ApplicationSpec): boolean {
  const own = new Map(virtualNetworks.map(({ networkId }) => [networkId, `${app.replace('/', '.')}.${networkId}`]));
  const joined = services.flatMap(({ networks = [] }) => networks.filter((name) => name !== 'default'));
  return [...own.values(), ...joined.map((name) => own.get(name) ?? name)].some((name) => mayBeMissing(ledger, name));
}

/** Nobody has put it, it was deleted under who is on it, or it asks for a range that somebody else has. */
function mayBeMissing(ledger: Ledger, network: string): boolean {
  if (ledger.get('accepted/virtualnetworks', network)?.value.deleting !== undefined) return true;
  if (ledger.get('networks', network)) return false;
  const claim = ledger.get('networkclaims', network.replaceAll('.', '/'))?.value;
  if (claim) return claim.spec?.cidr !== undefined;
  const accepted = ledger.get('accepted/virtualnetworks', network)?.value;
  return !accepted || accepted.spec.cidr !== undefined;
}

/** Every wanted container is assigned, or pending with a reason; every assigned one runs once, with an address. */
function* everythingRuns(ledger: Ledger): Iterable<string> {
  for (const { id, value } of ledger.list('containers')) {
    const assignments = ledger.assignmentsOf(id);
    const pending = ledger.get('pending', id);
    if (assignments.length === 0 && !pending) yield `${id} is neither assigned nor pending`;
    if (value.networks.some((network) => mayBeMissing(ledger, network))) continue;
    for (const assignment of assignments) {
      const host = assignment.slice(0, assignment.indexOf('/'));
      const uid = ledger.get('assignments', assignment)?.value.uid;
      const observed = ledger.get('observed', assignment)?.value;
      if (observed?.uid !== uid)
        yield `${assignment} is not observed (assignment ${uid}, observed ${observed?.uid ?? 'nothing'})`;
      const instances = ledger.instances(id).get(host) ?? [];
      const running = instances.filter(({ state, labels }) => state === 'running' && labels['io.berth.uid'] === uid);
      if (value.run && value.restart !== 'no' && value.restart !== 'on-failure' && running.length !== 1) {
        yield `${assignment} runs ${running.length} times, observed ${observed?.state ?? 'nothing'} (${observed?.message ?? ''})`;
      }
      if (observed?.state === 'running' && Object.keys(observed.addresses).length === 0)
        yield `${assignment} has no address`;
    }
  }
}

/** No container, record or address that nothing asks for. */
function* nothingExtra(ledger: Ledger): Iterable<string> {
  for (const [host, containers] of ledger.engines) {
    for (const each of containers) {
      const assignment = ledger.get('assignments', `${host}/${nameOf(each)}`)?.value;
      if (assignment?.uid !== each.labels['io.berth.uid'])
        yield `${host} holds ${nameOf(each)} (${each.state}) that is not assigned there`;
    }
  }
  for (const kind of ['assignments', 'observed', 'endpoints'] as const) {
    for (const { id } of ledger.list(kind)) {
      if (!ledger.get('assignments', id)) yield `${kind}/${id} has no assignment`;
      if (!ledger.get('containers', id.slice(id.indexOf('/') + 1))) yield `${kind}/${id} has no container record`;
    }
  }
  for (const { id } of ledger.list('pending')) {
    if (!ledger.get('containers', id)) yield `pending/${id} has no container record`;
  }
}

/** What outlives everything a user ever wanted: who runs, and what tells any Calico that this is its datastore. */
const LASTING = [
  /^(events|leaders|members|installation)\//,
  /^calico\/(ipam\/v2\/config|resources\/v3\/projectcalico.org\/(clusterinformations|tiers)\/default)$/,
];

/** What must hold once the user has deleted everything: nothing is left, neither records nor containers. */
export function leaked(ledger: Ledger): string[] {
  const records = ledger
    .kinds()
    .flatMap((kind) => ledger.list(kind).map(({ id }) => `${kind}/${id}`))
    .filter((record) => !LASTING.some((lasting) => lasting.test(record)))
    .map((record) => `${record} is left`);
  const containers = [...ledger.engines].flatMap(([host, held]) =>
    held.map((each) => `${nameOf(each)} is left on ${host}`),
  );
  return [...records, ...containers];
}
