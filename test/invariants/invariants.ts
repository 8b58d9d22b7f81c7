import { acceptedStands } from './accepted.ts';
import { brake } from './brake.ts';
import type { Invariant } from './invariant.ts';
import type { Ledger } from './ledger.ts';
import { networkInvariants } from './networks.ts';

/** 1: at most one Docker container per uid, and one running incarnation of a name, hosts declared lost aside. */
const oneIncarnation: Invariant = {
  guarantee: 1,
  name: 'one incarnation per container',
  *broken(ledger, touched) {
    for (const container of touched.containers) {
      const running: string[] = [];
      const uids = new Map<string, number>();
      for (const [host, instances] of ledger.instances(container)) {
        const record = ledger.hostRecord(host);
        for (const { state, labels } of instances) {
          const uid = labels['io.berth.uid'] ?? '';
          uids.set(uid, (uids.get(uid) ?? 0) + 1);
          if (state === 'running' && record && !record.lost && !record.gone) running.push(`${host} (${uid})`);
        }
      }
      for (const [uid, count] of uids) if (count > 1) yield `${container}: ${count} Docker containers of uid ${uid}`;
      if (running.length > 1) yield `${container} runs ${running.length} times: ${running.join(', ')}`;
    }
  },
};

/** 1: two assignments of one name only during a start-first move. */
const oneAssignment: Invariant = {
  guarantee: 1,
  name: 'one assignment per container',
  *broken(ledger, touched) {
    for (const container of touched.containers) {
      const ids = ledger.assignmentsOf(container);
      if (ids.length < 2) continue;
      const superseding = ids.filter((id) => ledger.get('assignments', id)?.value.supersedes !== undefined);
      if (ids.length > 2 || superseding.length !== 1)
        yield `${container} is assigned ${ids.length} times: ${ids.join(', ')}`;
    }
  },
};

/** Sums of halves and tenths of cores are not exact. */
const ROUNDING = 1e-6;

/** 3: no host above its limits: containers, CPU, memory, ports. */
const withinLimits: Invariant = {
  guarantee: 3,
  name: 'no host above its limits',
  *broken(ledger, touched) {
    for (const host of touched.hosts) {
      const record = ledger.hostRecord(host);
      const assignments = ledger.onHost('assignments', host);
      if (!record) {
        if (assignments.length > 0) yield `${host} does not exist and has ${assignments.length} assignments`;
        continue;
      }
      const sum = { cpus: 0, memory: 0 };
      const ports = new Map<string, string>();
      for (const { id, value } of assignments) {
        sum.cpus += value.reserved.cpus;
        sum.memory += value.reserved.memory;
        for (const { host: port, protocol } of value.reserved.ports) {
          const other = ports.get(`${port}/${protocol}`);
          if (other) yield `${host}: port ${port}/${protocol} is given to ${other} and ${id}`;
          ports.set(`${port}/${protocol}`, id);
        }
      }
      if (sum.cpus > record.capacity.cpus + ROUNDING)
        yield `${host}: ${sum.cpus} of ${record.capacity.cpus} cores given away`;
      if (sum.memory > record.capacity.memory)
        yield `${host}: ${sum.memory} of ${record.capacity.memory} bytes given away`;
      // A limit that was lowered moves nothing that runs.
      if (!touched.assigned.has(host)) continue;
      const limit = Math.min(record.capacity.containers ?? Infinity, maxContainers(ledger, record.cloud));
      if (assignments.length > limit) yield `${host}: ${assignments.length} containers, at most ${limit}`;
    }
  },
};

function maxContainers(ledger: Ledger, cloud: string): number {
  const strategies = ledger.get('accepted/dockerclouds', cloud)?.value.spec.placement.strategies ?? [];
  const limits = strategies.map((each) =>
    typeof each === 'object' && each !== null && 'maxContainers' in each ? Number(each.maxContainers) : Infinity,
  );
  return Math.min(Infinity, ...limits);
}

/** §1.3: an endpoint and an observed record are of the assignment's uid, or on their way out. */
const uidsAgree: Invariant = {
  guarantee: 1,
  name: 'observed needs an endpoint',
  *broken(ledger, touched) {
    for (const host of touched.hosts) {
      for (const { id, value } of ledger.onHost('observed', host)) {
        const endpoint = ledger.get('endpoints', id)?.value;
        if (endpoint?.uid !== value.uid && !ledger.hostRecord(host)?.gone) {
          yield `${id}: observed ${value.uid} has no endpoint of its own (${endpoint?.uid ?? 'none'}): its addresses were freed too early`;
        }
      }
    }
  },
};

/** Every invariant that can be checked at any moment. What must hold at rest stands in `at-rest.ts`. */
export const invariants: readonly Invariant[] = [
  oneIncarnation,
  oneAssignment,
  ...networkInvariants,
  withinLimits,
  uidsAgree,
  ...acceptedStands,
  brake,
];

/** Checks what was touched since the last call. @returns each broken invariant, in words */
export function check(ledger: Ledger): string[] {
  const { touched } = ledger;
  const said = invariants.flatMap(({ guarantee, name, broken }) =>
    [...broken(ledger, touched)].map((what) => `guarantee ${guarantee}, ${name}: ${what}`),
  );
  touched.clear();
  return said;
}
