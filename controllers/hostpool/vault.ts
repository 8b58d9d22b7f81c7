import type { CloudSecrets } from '../../lib/records/index.ts';
import type { Sealer } from '../../lib/secrets/index.ts';
import type { Entry } from '../../lib/store/index.ts';

/** The secrets of clouds, opened once per revision of `credentials/<cloud>` and never written anywhere. */
export class Vault {
  readonly #sealer: Sealer;
  readonly #opened = new Map<string, { revision: number; secrets: Promise<CloudSecrets> }>();

  constructor(sealer: Sealer) {
    this.#sealer = sealer;
  }

  /** @throws BERTH_INVALID when the record was sealed to another installation's key */
  open(entry: Entry<'credentials'>): Promise<CloudSecrets> {
    const known = this.#opened.get(entry.id);
    if (known?.revision === entry.modRevision) return known.secrets;
    const secrets = this.#sealer.open(entry.value.sealed).then(parse);
    this.#opened.set(entry.id, { revision: entry.modRevision, secrets });
    secrets.catch(() => this.#opened.delete(entry.id));
    return secrets;
  }

  forget(cloud: string): void {
    this.#opened.delete(cloud);
  }
}

/** Sealed by us, so its shape is ours. */
const parse = (text: string): CloudSecrets => JSON.parse(text);
