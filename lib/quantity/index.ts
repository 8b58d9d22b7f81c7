/**
 * Quantities and durations as people write them, parsed once into base units: bytes, cores, seconds.
 * Each parser answers undefined for what it does not understand; a number stands for itself.
 */

const BYTE_UNITS = ['', 'k', 'm', 'g', 't', 'p'];
/** In descending order; a duration names each at most once, in this order. */
const TIME_UNITS: readonly (readonly [unit: string, seconds: number])[] = [
  ['d', 86_400],
  ['h', 3600],
  ['m', 60],
  ['s', 1],
  ['ms', 0.001],
];
const DURATION = new RegExp(
  `^${TIME_UNITS.map(([unit]) => String.raw`(?:(\d+(?:\.\d+)?)${unit}(?![a-z]))?`).join('')}$`,
);

/**
 * Bytes: `4g`, `512Mi`, `1.5GiB`, `1048576`. Units are powers of 1024 with and without the `i`, in either case, as
 * `docker run --memory` has it.
 */
export function parseBytes(value: string | number): number | undefined {
  if (typeof value === 'number') return Number.isSafeInteger(value) && value >= 0 ? value : undefined;
  const match = /^(\d+(?:\.\d+)?)\s?([kmgtp]?)(i?b?)$/i.exec(value.trim());
  if (!match || (match[2] === '' && /i/i.test(match[3]!))) return undefined;
  const bytes = Math.round(Number(match[1]) * 1024 ** BYTE_UNITS.indexOf(match[2]!.toLowerCase()));
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}

/** Cores: `2`, `0.5`, `500m`. Nothing finer than a thousandth of a core, at most 100,000. */
export function parseCores(value: string | number): number | undefined {
  const match = /^(\d+(?:\.\d+)?)(m?)$/.exec(typeof value === 'number' ? String(value) : value.trim());
  if (!match) return undefined;
  const milli = Number(match[1]) * (match[2] ? 1 : 1000);
  const whole = Math.round(milli);
  return Math.abs(milli - whole) < 1e-6 && whole <= 1e8 ? whole / 1000 : undefined;
}

/** Seconds: `5m`, `30s`, `1h30m`, `500ms`, `2d`; a number without a unit is seconds. At most 100 years. */
export function parseDuration(value: string | number): number | undefined {
  const text = typeof value === 'number' ? String(value) : value.trim();
  const seconds = /^\d+(\.\d+)?$/.test(text) ? Number(text) : withUnits(text);
  // Rounded to a nanosecond, so that 1.1s is not 1.1000000000000001.
  return seconds !== undefined && seconds <= 100 * 366 * 86_400 ? Math.round(seconds * 1e9) / 1e9 : undefined;
}

function withUnits(text: string): number | undefined {
  const match = DURATION.exec(text);
  if (!match || text === '') return undefined;
  return TIME_UNITS.reduce((sum, [, seconds], i) => sum + Number(match[i + 1] ?? 0) * seconds, 0);
}

/** The shortest text that parses to the same: 4294967296 → `4g`. */
export function printBytes(bytes: number): string {
  let power = 0;
  let rest = bytes;
  while (rest > 0 && rest % 1024 === 0 && power < BYTE_UNITS.length - 1) {
    rest /= 1024;
    power++;
  }
  return `${rest}${BYTE_UNITS[power]}`;
}

/** 0.5 → `500m`, 2 → `2`. */
export const printCores = (cores: number): string =>
  Number.isInteger(cores) ? String(cores) : `${Math.round(cores * 1000)}m`;

/** 5400 → `1h30m`. Exact to a millisecond. */
export function printDuration(seconds: number): string {
  let rest = Math.round(seconds * 1000);
  let text = '';
  for (const [unit, size] of TIME_UNITS) {
    const count = Math.floor(rest / (size * 1000));
    if (count > 0) text += `${count}${unit}`;
    rest -= count * size * 1000;
  }
  return text || '0s';
}
