import { parseBytes, parseCores, parseDuration, printBytes, printCores, printDuration } from '../quantity/index.ts';
import type { Schema } from './crds.ts';

interface Format {
  parse(value: string | number): number | undefined;
  print(value: number): string;
  /** What a message says is expected. */
  expected: string;
  /** What `berth explain` calls the type. */
  type: string;
}

/** The quantities that a schema's `format` names. */
export const formats: Record<NonNullable<Schema['format']>, Format> = {
  bytes: { parse: parseBytes, print: printBytes, expected: 'bytes such as 4g, 512Mi or 1048576', type: 'bytes' },
  cores: { parse: parseCores, print: printCores, expected: 'cores such as 2, 0.5 or 500m', type: 'cores' },
  duration: {
    parse: parseDuration,
    print: printDuration,
    expected: 'a time such as 5m, 30s or 1h30m',
    type: 'duration',
  },
};
