import { BerthError } from '../errors/index.ts';
import { type Clock, type Random, uid } from '../platform/index.ts';
import type { InstallationRecord } from '../records/index.ts';
import type { Keyspace, Kv } from '../store/index.ts';
import { timestamp } from './conditions.ts';

/**
 * The random id of this installation, made where there is none yet. May be repeated after any failure: whoever comes
 * first decides, everybody reads the same.
 *
 * @throws BERTH_STORE_…; BERTH_INVALID where somebody has spoilt the record
 */
export async function ensureInstallation(options: {
  kv: Kv;
  keyspace: Keyspace;
  clock: Clock;
  random: Random;
}): Promise<string> {
  const { kv, keyspace, clock, random } = options;
  const key = keyspace.key('installation', '');
  const fresh: InstallationRecord = { id: uid(random), createdAt: timestamp(clock.now()) };
  const { succeeded, gets } = await kv.txn({
    compare: [{ key, target: 'create', op: '=', value: 0 }],
    then: [{ put: key, value: JSON.stringify(fresh) }],
    else: [{ get: key }],
  });
  const found = gets[0]?.[0];
  if (succeeded || !found) return fresh.id;
  const id = idIn(found.value.toString());
  if (id === undefined)
    throw new BerthError('BERTH_INVALID', 'the record of the installation cannot be read', {
      place: key,
      found: JSON.stringify(found.value.toString().slice(0, 80)),
      expected: 'JSON with an id, which hosts, machines and containers carry too',
      hint: `put {"id": "<the id>"} under it again; the label io.berth.installation of any container of berth has it. Without the key a new id is made, and everything that carries the old one counts as foreign`,
    });
  return id;
}

function idIn(text: string): string | undefined {
  try {
    const record: Partial<InstallationRecord> | null = JSON.parse(text);
    return typeof record?.id === 'string' && record.id !== '' ? record.id : undefined;
  } catch {
    return undefined;
  }
}
