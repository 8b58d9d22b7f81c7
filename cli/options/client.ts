import { type Command, InvalidArgumentError, Option } from 'commander';
import { parseDuration } from '../../lib/quantity/index.ts';

/** Where a name is looked for. */
export interface NamespaceFlags {
  namespace: string;
  allNamespaces?: boolean;
}

export const addNamespaceOption = (command: Command): Command =>
  command.addOption(new Option('-n, --namespace <name>', 'namespace').env('BERTH_NAMESPACE').default('default'));

export const addNamespaceOptions = (command: Command): Command =>
  addNamespaceOption(command).option('-A, --all-namespaces', 'in all namespaces');

export const addOutputOption = (command: Command): Command =>
  command.option('-o, --output <format>', 'wide, json, yaml, name, or jsonpath=TEMPLATE');

/** Undefined: all. */
export const namespaceOf = ({ namespace, allNamespaces }: NamespaceFlags): string | undefined =>
  allNamespaces ? undefined : namespace;

/** What `-f` collects. */
export const addFileOption = (command: Command): Command =>
  command.option(
    '-f, --filename <file>',
    'a manifest, a directory of them, or - for stdin; may be given several times',
    (file: string, files: string[] = []) => [...files, file],
  );

/**
 * Milliseconds out of `30s`, `5m`, `90`; below zero for a negative one.
 *
 * @throws InvalidArgumentError
 */
export function parseTimeout(text: string): number {
  const seconds = parseDuration(text.replace(/^-/, ''));
  if (seconds === undefined) throw new InvalidArgumentError('Expected a duration such as 30s, 5m or 1h30m.');
  return (text.startsWith('-') ? -1000 : 1000) * seconds;
}

/** `--timeout`, in milliseconds. @param normal  where it is not given, as text: help shows it as people write it */
export const addTimeoutOption = (command: Command, description: string, normal: string): Command =>
  command.addOption(
    new Option('--timeout <duration>', `${description}; a plain number is seconds`)
      .argParser(parseTimeout)
      .default(parseTimeout(normal), normal),
  );

/** All of stdin. */
export async function readStdin(): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** A signal that aborts after `ms`; never for 0. */
export function deadline(ms: number): AbortSignal {
  return ms > 0 ? AbortSignal.timeout(ms) : new AbortController().signal;
}

/** `--wait`, `--wait=false`. @throws InvalidArgumentError */
export function parseFlag(text: string): boolean {
  if (text !== 'true' && text !== 'false') throw new InvalidArgumentError('Expected true or false.');
  return text === 'true';
}
