import { reasonOf } from '../../lib/errors/index.ts';
import { parseRecord } from '../../lib/schema/index.ts';
import type { Parsed } from './accept.ts';

/** What the text under `dockerclouds/<cloud>` says. Pure. */
export function parseCloud(cloud: string, value: Buffer): Parsed {
  const result = parseRecord({ kind: 'dockerclouds', id: cloud, value });
  if (result.ok) return { ok: true, spec: result.spec };
  const { errors } = result;
  return { ok: false, reason: reasonOf(errors[0]!.code), message: errors.map(({ message }) => message).join('\n') };
}
