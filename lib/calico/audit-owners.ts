import { type Cidr, contains, tryParseCidr } from '../addresses/index.ts';
import { type Codec, decodeRecord } from './codec.ts';
import { handle } from './ipam-records.ts';
import { cidrOfKey, kindOf, ORCHESTRATOR } from './keys.ts';
import { codecs } from './kinds.ts';
import type { Resource } from './resource.ts';
import { ipPool, workloadEndpoint } from './resources.ts';

/** The annotation by which an installation of berth knows its resources in a Calico that several share. */
export const INSTALLATION = 'io.berth.installation';

/** Tells an installation's own records from others': resources by annotation, what IPAM holds by the pool that it lies in. */
export class Owners {
  readonly #installation: string | undefined;
  readonly #resources = new Set<string>();
  readonly #pools = new Map<string, Cidr>();
  readonly #handles = new Map<string, Cidr[]>();

  constructor(installation: string | undefined) {
    this.#installation = installation;
  }

  /** @param value  as stored, and readable; undefined when deleted */
  apply(id: string, value: Buffer | undefined): void {
    if (this.#installation === undefined) return;
    const kind = kindOf(id);
    this.#resources.delete(id);
    this.#pools.delete(id);
    this.#handles.delete(id);
    if (!kind || value === undefined) return;
    if (kind === 'handle') {
      const ranges = [...decodeRecord(handle, id, value).block.keys()];
      this.#handles.set(
        id,
        ranges.flatMap((range) => tryParseCidr(range) ?? []),
      );
    } else if (kind === 'workloadEndpoint') {
      if (decodeRecord(workloadEndpoint, id, value).spec.orchestrator === ORCHESTRATOR) this.#resources.add(id);
    } else if (id.startsWith('resources/')) {
      // Everything below it is a resource, whose metadata is read alike.
      const codec: Codec<Pick<Resource<unknown>, 'metadata'> | object> = codecs[kind];
      const record = decodeRecord(codec, id, value);
      if (!('metadata' in record) || record.metadata.annotations?.get(INSTALLATION) !== this.#installation) return;
      this.#resources.add(id);
      const cidr = kind === 'pool' ? tryParseCidr(decodeRecord(ipPool, id, value).spec.cidr) : undefined;
      if (cidr) this.#pools.set(id, cidr);
    }
  }

  /** Undefined where nobody said who we are. */
  ownerOf(id: string): 'us' | 'others' | undefined {
    if (this.#installation === undefined) return undefined;
    return this.#isOurs(id) ? 'us' : 'others';
  }

  #isOurs(id: string): boolean {
    const kind = kindOf(id);
    if (kind === 'handle') return (this.#handles.get(id) ?? []).some((range) => this.#isInOurPool(range));
    if (kind !== 'block' && kind !== 'affinity') return this.#resources.has(id);
    const cidr = cidrOfKey(id);
    return cidr !== undefined && this.#isInOurPool(cidr);
  }

  #isInOurPool(range: Cidr): boolean {
    return [...this.#pools.values()].some((pool) => contains(pool, range));
  }
}
