import { isOurs } from '../../../controllers/ippool/resources.ts';
import { ORCHESTRATOR } from '../../../controllers/ippool/workloads.ts';
import {
  CalicoReader,
  nameOf as calicoNameOf,
  cidrOfKey,
  kindOf,
  parseWorkloadEndpointName,
} from '../../../lib/calico/index.ts';
import { type Cidr, contains, tryParseCidr } from '../../../lib/network/index.ts';
import type { State } from '../reading.ts';
import { rangesOf } from './blocks.ts';
import type { Finding } from './finding.ts';

/** Tells which of Calico's records are ours: several may share one datastore, and nothing of others' is ever changed. */
export class Owners {
  readonly #state: State;
  readonly #installation: string;
  readonly #ranges: readonly Cidr[];
  readonly #reader: CalicoReader;

  constructor(state: State, installation: string) {
    this.#state = state;
    this.#installation = installation;
    this.#ranges = state
      .list('networks')
      .flatMap(({ value }) => rangesOf(value).flatMap((text) => tryParseCidr(text) ?? []));
    this.#reader = new CalicoReader(state);
  }

  /** @param id  below `/calico/` */
  of(id: string): Finding['of'] {
    const name = calicoNameOf(id);
    switch (kindOf(id)) {
      case 'block':
      case 'affinity':
        return this.#within(cidrOfKey(id));
      case 'handle': {
        const blocks = this.#reader.handle(id).value?.block.keys();
        return blocks ? this.#withinAll([...blocks]) : 'unknown';
      }
      case 'workloadEndpoint':
        return parseWorkloadEndpointName(name)?.orchestrator === ORCHESTRATOR ? 'berth' : 'others';
      case 'node':
        return this.#state.by('hosts', 'name', name).length > 0 ? 'berth' : 'others';
      case 'pool':
        return this.#marked(this.#reader.pool(name).value);
      case 'profile':
        return this.#marked(this.#reader.profile(name).value);
      default:
        return 'unknown';
    }
  }

  #marked(found: Parameters<typeof isOurs>[0] | undefined): Finding['of'] {
    if (!found) return 'unknown';
    return isOurs(found, this.#installation) ? 'berth' : 'others';
  }

  #within(range: Cidr | undefined): Finding['of'] {
    if (!range) return 'unknown';
    return this.#ranges.some((own) => contains(own, range)) ? 'berth' : 'others';
  }

  #withinAll(texts: readonly string[]): Finding['of'] {
    const owners = new Set(texts.map((text) => this.#within(tryParseCidr(text))));
    const [owner = 'unknown'] = owners;
    return owners.size === 1 ? owner : 'unknown';
  }
}
