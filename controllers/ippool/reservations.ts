import {
  decodeRecord,
  type IPReservationSpec,
  ipReservation,
  keyOf,
  type Resource,
  type Versioned,
} from '../../lib/calico/index.ts';
import { isCode } from '../../lib/errors/index.ts';
import type { View } from '../../lib/store/index.ts';

/** The IPReservation of a name; without a value where there is none or it cannot be read. */
export function reservation(name: string, state: View): Versioned<Resource<IPReservationSpec>> {
  const entry = state.get('calico', keyOf.ipReservation(name));
  if (!entry) return { revision: 0 };
  try {
    return { value: decodeRecord(ipReservation, entry.id, entry.value), revision: entry.modRevision };
  } catch (error) {
    if (isCode(error, 'BERTH_SYNTAX', 'BERTH_INVALID')) return { revision: entry.modRevision };
    throw error;
  }
}
