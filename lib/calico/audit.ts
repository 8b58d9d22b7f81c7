import { addressesOf, tunnelsOf } from './audit-addresses.ts';
import { type Finding, finding } from './audit-block.ts';
import { AuditIndex } from './audit-index.ts';
import { Owners } from './audit-owners.ts';
import { review } from './audit-reviews.ts';
import { type Codec, tryDecode } from './codec.ts';
import { affinity, block, handle } from './ipam-records.ts';
import { kindOf } from './keys.ts';
import { codecs } from './kinds.ts';
import { ipPool, ipReservation, node, workloadEndpoint } from './resources.ts';

export type { Finding } from './audit-block.ts';

/**
 * Every invariant of Calico's IPAM (calico.md §3), kept up to date change by change: what one change can touch is
 * looked at again, nothing else. Fed with a whole tree it audits that; fed with a watch it costs little a step.
 */
export class CalicoAudit {
  readonly #index = new AuditIndex();
  readonly #findings = new Map<string, Finding[]>();
  readonly #unreadable = new Map<string, Finding>();
  readonly #owners: Owners;

  /** @param installation  tells our records from others'; without it, findings do not say whose they are */
  constructor({ installation }: { installation?: string } = {}) {
    this.#owners = new Owners(installation);
  }

  /**
   * @param id     below `/calico/`
   * @param value  as stored; undefined when deleted
   */
  apply(id: string, value: Buffer | undefined): void {
    const kind = kindOf(id);
    this.#unreadable.delete(id);
    if (kind === 'block') this.#index.setBlock(id, this.#read(block, id, value));
    else if (kind === 'handle') this.#index.setHandle(id, this.#read(handle, id, value));
    else if (kind === 'affinity') this.#index.setAffinity(id, this.#read(affinity, id, value));
    else if (kind === 'workloadEndpoint') this.#index.setUses(id, addressesOf(this.#read(workloadEndpoint, id, value)));
    else if (kind === 'node') this.#index.setUses(id, tunnelsOf(this.#read(node, id, value)));
    else if (kind === 'pool') this.#index.setPool(id, this.#read(ipPool, id, value)?.spec.cidr);
    else if (kind === 'ipReservation')
      this.#index.setReservation(id, this.#read(ipReservation, id, value)?.spec.reservedCIDRs);
    else if (kind) this.#read<unknown>(codecs[kind], id, value);
    this.#owners.apply(id, this.#unreadable.has(id) ? undefined : value);
  }

  /** What is wrong now, ordered by id. */
  findings(): Finding[] {
    for (const id of this.#index.takeDirty()) {
      const found = review(id, this.#index, this.#owners);
      if (found.length > 0) this.#findings.set(id, found);
      else this.#findings.delete(id);
    }
    const found = [...this.#unreadable.values(), ...[...this.#findings.values()].flat()].map((each) => {
      const owner = this.#owners.ownerOf(each.id);
      return owner ? { ...each, owner } : each;
    });
    return found.sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
  }

  /** What cannot be read counts as absent, and is a finding. */
  #read<T>(codec: Codec<T>, id: string, value: Buffer | undefined): T | undefined {
    return tryDecode(codec, id, value, (problem) =>
      this.#unreadable.set(id, finding('unreadable', id, problem, 'what Calico stores there')),
    );
  }
}

/** Audits a whole tree. */
export function audit(
  records: Iterable<readonly [id: string, value: Buffer]>,
  options: { installation?: string } = {},
): Finding[] {
  const auditor = new CalicoAudit(options);
  for (const [id, value] of records) auditor.apply(id, value);
  return auditor.findings();
}
