import { destination, pino } from 'pino';
import type { Log } from '../../lib/platform/index.ts';
import type { LogLevel } from '../options/server.ts';

const STDERR = 2;
const WEIGHTS: Readonly<Record<number, string>> = { 20: 'DEBUG', 30: 'INFO ', 40: 'WARN ', 50: 'ERROR', 60: 'FATAL' };

/** The log of a server, on stderr: a line of JSON an entry, or text for people. */
export function createLog({ level, format }: { level: LogLevel; format: 'text' | 'json' }): Log {
  const lines = destination({ dest: STDERR, sync: true });
  const stream = format === 'json' ? lines : { write: (line: string) => void lines.write(asText(line)) };
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, stream);
}

/** `15:04:05.678 INFO  placement: leads fence=42` */
export function asText(line: string): string {
  const { time, level, msg, controller, ...fields }: Record<string, unknown> = JSON.parse(line);
  const clock = String(time).slice(11, 23);
  const weight = typeof level === 'number' ? (WEIGHTS[level] ?? level) : level;
  const rest = Object.entries(fields).map(([name, value]) => ` ${name}=${shown(value)}`);
  return `${clock} ${weight} ${controller === undefined ? '' : `${controller}: `}${msg}${rest.join('')}\n`;
}

function shown(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return typeof value === 'string' && /[\s="]/.test(text) ? JSON.stringify(text) : text;
}
