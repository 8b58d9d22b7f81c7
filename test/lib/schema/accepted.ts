import { expect } from 'chai';
import { parseRecord, type Specs, type UserKind } from '../../../lib/schema/index.ts';

/** The accepted spec of a text. */
export function accepted<K extends UserKind>(kind: K, id: string, text: string | Buffer): Specs[K] {
  const result = parseRecord({ kind, id, value: Buffer.from(text) });
  return result.ok ? result.spec : expect.fail(result.errors.map(({ message }) => message).join('\n'));
}
