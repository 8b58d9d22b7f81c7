import type { Action, Contained, Failure, Member, Snapshot } from '../../../controllers/container/model.ts';
import { signature } from '../../../controllers/container/network.ts';
import type { ContainerDetails } from '../../../lib/docker/index.ts';
import { namespaceOf } from '../../../lib/network/linux/index.ts';
import type { AssignmentRecord, ContainerRecord, EndpointRecord, ObservedRecord } from '../../../lib/records/index.ts';

export const assignmentOf = (uid: string, more: Partial<AssignmentRecord> = {}): AssignmentRecord => ({
  uid,
  cloud: 'cloud',
  spec: 'spec-1',
  containerRevision: 1,
  reserved: { cpus: 0, memory: 0, ports: [{ port: 8080, protocol: 'tcp', host: 80 }] },
  because: { by: '', of: 0, rejected: {}, revision: 0 },
  ...more,
});

export const endpointOf = (uid: string, address: string): EndpointRecord => ({
  uid,
  interfaces: [
    { network: 'default.shop.default', name: 'eth0', address, hostInterface: `cali${uid}`, mac: 'ee:00:00:00:00:01' },
  ],
  dns: [],
});

interface Made {
  id: string;
  role: Contained['role'];
  uid: string;
  member: string;
  state: string;
  exitCode: number;
  startedAt: string;
  foreign: boolean;
  /** Pause hosts: whose namespace it is in. */
  in?: string;
}

/** A host of which every effect is a line: what a plan's steps do, and what fate does. */
export class World {
  readonly shim: boolean;
  provider = 'linux';
  readonly assignments = new Map<string, AssignmentRecord>();
  readonly endpoints = new Map<string, EndpointRecord>();
  readonly records = new Map<string, ContainerRecord>();
  readonly observed = new Map<string, ObservedRecord>();
  readonly engine = new Map<string, Made>();
  readonly namespaces = new Map<string, string[]>();
  applied: string | undefined;
  intact = true;
  readonly failures = new Map<string, Failure>();
  /** Ids whose details have been read since they changed. */
  readonly known = new Set<string>();
  readonly history: string[] = [];
  #made = 0;

  constructor({ shim = true } = {}) {
    this.shim = shim;
  }

  snapshot(): Snapshot {
    const ids = [...new Set([...this.assignments.keys(), ...this.observed.keys()])].sort();
    return {
      host: 'h-1',
      now: 0,
      shim: this.shim,
      provider: this.provider,
      members: ids.map((id) => this.#member(id)),
      containers: [...this.engine.values()].filter(({ foreign }) => !foreign).map((made) => this.#contained(made)),
      namespaces: this.namespaces,
      given: new Map(),
      surroundings: {
        plan: { installation: 'i', routes: [], ownBlocks: [], pools: [], masquerade: [], policies: [] },
        links: new Map(),
        policies: new Map(),
      },
      intact: this.intact,
      ...(this.applied === undefined ? {} : { applied: this.applied }),
      failures: this.failures,
      busy: new Set(),
    };
  }

  do(action: Action): void {
    this.history.push(action.do);
    switch (action.do) {
      case 'claim':
      case 'report':
        this.observed.set(action.member.id, action.observed);
        return;
      case 'forget':
        this.observed.delete(action.member.id);
        return;
      case 'inspect':
        this.known.add(action.container.id);
        return;
      case 'hold': {
        const id = action.container?.id ?? this.make({ role: 'pause', uid: action.uid, member: action.member.id });
        this.start(id);
        return;
      }
      case 'create': {
        const uid = action.member.assignment!.uid;
        this.make({
          role: 'container',
          uid,
          member: action.member.id,
          ...(action.pause ? { in: action.pause.id } : {}),
        });
        return;
      }
      case 'network':
        this.namespaces.clear();
        for (const { namespace, interfaces } of action.plan.attachments) {
          this.namespaces.set(
            namespace,
            interfaces.map(({ address }) => address),
          );
        }
        this.intact = true;
        this.applied = signature(action.plan, this);
        return;
      case 'start':
        this.start(action.container.id);
        return;
      case 'stop':
        this.end(action.container.id, 143);
        return;
      case 'remove':
        this.engine.delete(action.container.id);
        return;
    }
  }

  make(what: { role: Contained['role']; uid: string; member: string; foreign?: boolean; in?: string }): string {
    const clash = [...this.engine.values()].some(
      ({ role, uid, foreign }) => !foreign && role === what.role && uid === what.uid,
    );
    if (clash) throw new Error(`a second ${what.role} for ${what.uid}`);
    const id = String(++this.#made)
      .padStart(64, '0')
      .split('')
      .reverse()
      .join('');
    this.engine.set(id, { id, state: 'created', exitCode: 0, startedAt: '', foreign: false, ...what });
    return id;
  }

  start(id: string): void {
    const made = this.engine.get(id)!;
    const needs = made.role === 'container' && !this.namespaces.has(namespaceOf(id));
    if (needs) throw new Error('started without its namespace');
    if (made.in && this.engine.get(made.in)?.state !== 'running')
      throw new Error('started without its pause container');
    made.state = 'running';
    made.startedAt = 'now';
    this.known.delete(id);
  }

  end(id: string, exitCode: number): void {
    const made = this.engine.get(id)!;
    if (made.state === 'running') made.exitCode = exitCode;
    made.state = 'exited';
    this.known.delete(id);
  }

  /** Namespaces are lost, everything ends; nothing comes back by itself, because starts are refused. */
  reboot(): void {
    this.namespaces.clear();
    for (const made of this.engine.values()) if (made.state === 'running') this.end(made.id, 0);
  }

  /** Another leader takes over: nothing is remembered. */
  newLeader(): void {
    this.applied = undefined;
    this.known.clear();
    this.failures.clear();
  }

  /** What is left of anything that is no record of somebody else. */
  get ours(): Made[] {
    return [...this.engine.values()].filter(({ foreign }) => !foreign);
  }

  #member(id: string): Member {
    const [assignment, endpoint] = [this.assignments.get(id), this.endpoints.get(id)];
    const [record, observed] = [this.records.get(id), this.observed.get(id)];
    return {
      id,
      ...(assignment ? { assignment } : {}),
      ...(endpoint ? { endpoint } : {}),
      ...(record ? { record } : {}),
      ...(observed ? { observed } : {}),
      revisions: { assignment: 0, endpoint: 0, observed: 0 },
    };
  }

  #contained({ id, role, uid, member, state, exitCode, startedAt }: Made): Contained {
    const base = { id, name: `berth-${uid}`, image: 'web:1', state };
    const details: ContainerDetails = {
      ...{ ...base, labels: {}, pid: state === 'running' ? 42 : 0, startedAt, exitCode },
      ...{ error: '', restarts: 0, oomKilled: false },
    };
    return { ...base, role, uid, member, stopGrace: 10, ...(this.known.has(id) ? { details } : {}) };
  }
}
