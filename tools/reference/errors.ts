/** docs/reference/errors.md, from lib/errors/codes.ts. */

import { codes } from '../../lib/errors/index.ts';

/** Every error that a user can meet: its code, what it says, what to do. */
export function errorsReference(): string {
  return [
    '<!-- Generated from lib/errors/codes.ts by `npm run generate`. Do not edit. -->',
    '# Errors',
    '',
    'A message begins with the place, then says what happened, what was found and what was expected:',
    '',
    '```',
    'dockerclouds/my-cloud:7:17 spec.hosts.min: does not hold what is expected; found "two"; expected a whole number',
    '```',
    '',
    '| Code | Meaning | What to do |',
    '|---|---|---|',
    ...Object.entries(codes).map(([code, { says, do: advice }]) => `| \`${code}\` | ${says} | ${advice} |`),
    '',
  ].join('\n');
}
