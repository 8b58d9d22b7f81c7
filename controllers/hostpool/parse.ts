import { parseRecord } from '../../lib/schema/index.ts';
import type { Parsed } from './accept.ts';

/** `BERTH_NOT_SUPPORTED_YET` → `NotSupportedYet`: a condition's reason. */
export const reasonOf = (code: string): string =>
  code
    .replace(/^BERTH_/, '')
    .toLowerCase()
    .replace(/(^|_)([a-z])/g, (_, __, letter: string) => letter.toUpperCase());

/** What the text under `dockerclouds/<cloud>` says. Pure. */
export function parseCloud(cloud: string, value: Buffer): Parsed {
  const result = parseRecord({ kind: 'dockerclouds', id: cloud, value });
  if (result.ok) return { ok: true, spec: result.spec };
  const { errors } = result;
  return { ok: false, reason: reasonOf(errors[0]!.code), message: errors.map(({ message }) => message).join('\n') };
}
