import { type Address, parseCidr } from '../../../lib/addresses/index.ts';
import {
  affinity,
  type Block,
  block,
  CalicoAudit,
  type Change,
  type Codec,
  decodeRecord,
  handle,
  type IpamState,
  ipamConfig,
  ipReservation,
  keyOf,
  paths,
  singleAddress,
  tryDecode,
  type Versioned,
  workloadEndpoint,
  workloadEndpointName,
} from '../../../lib/calico/index.ts';

/** Calico's part of etcd as a map, with revisions and compare-and-swap, audited at every revision. */
export class Tree implements IpamState {
  readonly records = new Map<string, { value: Buffer; revision: number }>();
  readonly audit = new CalicoAudit();
  /** As of an empty etcd. */
  revision = 1;

  /** @returns the revision; undefined when a comparison failed */
  commit(changes: readonly Change[]): number | undefined {
    if (changes.some(({ id, expect }) => (this.records.get(id)?.revision ?? 0) !== expect)) return undefined;
    this.revision++;
    for (const { id, value } of changes) this.put(id, value);
    return this.revision;
  }

  /** Writes without comparing, within the current revision. */
  put(id: string, value: string | undefined): void {
    const bytes = value === undefined ? undefined : Buffer.from(value);
    if (bytes) this.records.set(id, { value: bytes, revision: this.revision });
    else this.records.delete(id);
    this.audit.apply(id, bytes);
  }

  config() {
    const found = this.records.get(keyOf.ipamConfig());
    return found && decodeRecord(ipamConfig, 'config', found.value);
  }

  block(id: string) {
    return this.#read(block, id);
  }

  affinity(id: string) {
    return this.#read(affinity, id);
  }

  affinities(host: string): string[] {
    return [...this.records.keys()].filter((id) => id.startsWith(`${paths.hosts}/${host}/`)).sort();
  }

  handle(id: string) {
    return this.#read(handle, id);
  }

  reservations() {
    return [...this.records]
      .filter(([id]) => id.startsWith(paths.ipReservations))
      .flatMap(([id, { value }]) => decodeRecord(ipReservation, id, value).spec.reservedCIDRs ?? [])
      .map(parseCidr);
  }

  blocks(): Block[] {
    return [...this.records]
      .filter(([id]) => id.startsWith(paths.blocks(4)))
      .map(([id, { value }]) => decodeRecord(block, id, value));
  }

  #read<T>(codec: Codec<T>, id: string): Versioned<T> {
    const found = this.records.get(id);
    return { value: tryDecode(codec, id, found?.value), revision: found?.revision ?? 0 };
  }
}

/** The endpoint that a test writes along with each address. */
export function endpointChange(host: string, workload: string, address: Address | undefined, expect = 0): Change {
  const parts = { node: host, orchestrator: 'test', workload, endpoint: 'eth0' };
  const name = workloadEndpointName(parts);
  const id = keyOf.workloadEndpoint(name);
  if (!address) return { id, expect };
  const spec = { ...parts, ipNetworks: [singleAddress(address)] };
  const record = { kind: 'WorkloadEndpoint', apiVersion: 'projectcalico.org/v3', metadata: { name }, spec };
  return { id, expect, value: workloadEndpoint.write(record) };
}
