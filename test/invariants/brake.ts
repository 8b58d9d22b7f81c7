import type { HostRecord } from '../../lib/records/index.ts';
import type { Invariant } from './invariant.ts';

/** Design §6: that so many hosts of a cloud, and such a share of them, fail at once is no chance any more. */
const CHANCE = { hosts: 2, share: 0.4 };

/**
 * Milliseconds after which a silent host surely counts, also for a decision that took most of a write's half minute to
 * land. No host is declared lost sooner than a minute after its first probe failed.
 */
const SURELY = 62_000;

/** 8: while more hosts of a cloud are silent than could be by chance, none is declared lost. */
export const brake: Invariant = {
  guarantee: 8,
  name: 'no loss while the own network may be broken',
  *broken(ledger, touched) {
    const lost = new Map<string, string[]>();
    const changed = touched.before('hosts');
    for (const [id, before] of changed) {
      const after = ledger.get('hosts', id)?.value;
      // A machine that its location reports gone never counts.
      if (!before || before.value.lost || !after?.lost || after.gone) continue;
      lost.set(after.cloud, [...(lost.get(after.cloud) ?? []), nameOf(id)]);
    }
    if (lost.size === 0) return;
    // One that is declared lost may be given back in the same moment: it counted until then.
    const hosts = ledger
      .list('hosts')
      .filter(({ id, value }) => !value.gone && counts(changed.get(id)?.value ?? value));
    for (const [cloud, names] of lost) {
      const all = hosts.filter(({ value }) => value.cloud === cloud);
      const silent = all.filter(({ id, value }) => {
        const since = ledger.silences.get(nameOf(id));
        return since !== undefined && ledger.now() - since >= SURELY && isKnownToFail(value);
      });
      if (silent.length > CHANCE.hosts && silent.length > CHANCE.share * all.length)
        yield `${names.join(', ')} declared lost while ${silent.length} of ${all.length} hosts of ${cloud} are silent`;
    }
  },
};

/** It was ready once, and its machine is there. */
const counts = ({ prepared, gone, removing }: HostRecord): boolean =>
  prepared !== undefined && !gone && removing !== true;

/** The controllers have noticed. */
const isKnownToFail = ({ lost, conditions }: HostRecord): boolean =>
  lost || conditions.some(({ type, status }) => type === 'Reachable' && status === 'False');

const nameOf = (id: string): string => id.slice(id.indexOf('/') + 1);
