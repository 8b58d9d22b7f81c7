import { BerthError } from '../errors/index.ts';
import { quote } from './quote.ts';
import type { RunOptions, Shell } from './shell.ts';

/** A machine whose files are looked at and changed. */
export interface HostFiles {
  /** Reads, by anybody at any time. */
  shell: Shell;
  /** Changes: refuses to run when a newer leader has been on the machine. */
  fenced: Shell;
  signal: AbortSignal;
}

/** Output of a command that has to succeed. @throws BERTH_COMMAND with what it said */
export async function run(
  shell: Shell,
  command: string,
  { what, ...options }: RunOptions & { what: string },
): Promise<string> {
  const { code, stdout, stderr } = await shell.run(command, options);
  if (code === 0) return stdout;
  const said = (stderr.trim() || stdout.trim()).split('\n').slice(-5).join(' ').slice(-500);
  throw new BerthError('BERTH_COMMAND', `${what} failed with code ${code}`, { found: said || 'no output' });
}

/** Replaces a file at once, by way of standard input. Readers see the old text or the new one. */
export async function writeFile(
  { fenced, signal }: HostFiles,
  path: string,
  text: string,
  { mode = '644' }: { mode?: string } = {},
): Promise<void> {
  const [file, aside, folder] = [path, `${path}.berth-new`, path.slice(0, path.lastIndexOf('/'))].map(quote);
  const command = `mkdir -p ${folder} && umask 077 && cat >${aside} && chmod ${mode} ${aside} && sync ${aside} && mv ${aside} ${file}`;
  await run(fenced, command, { stdin: text, signal, what: `writing ${path}` });
}

/** The text of a file; undefined where there is none. */
export async function readFile(
  { shell, signal }: Pick<HostFiles, 'shell' | 'signal'>,
  path: string,
): Promise<string | undefined> {
  const { code, stdout } = await shell.run(`cat ${quote(path)} 2>/dev/null`, { signal });
  return code === 0 ? stdout : undefined;
}
