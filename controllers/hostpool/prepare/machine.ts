import type { Engine } from '../../../lib/docker/index.ts';
import { BerthError } from '../../../lib/errors/index.ts';
import type { Clock } from '../../../lib/platform/index.ts';
import type { CloudSecrets, DockerCloudSpec } from '../../../lib/records/index.ts';
import { quote, type RunOptions, type Shell } from '../../../lib/ssh/index.ts';

/** A machine on its way to be a host, and all that its steps need. */
export interface Machine {
  host: string;
  cloud: string;
  installation: string;
  address: string;
  spec: DockerCloudSpec;
  /** Mirrors of Docker Hub: those of the record and those that the location knows of. */
  registryMirrors: readonly string[];
  authority: CloudSecrets['ca'];
  /** Reads, by anybody at any time. */
  shell: Shell;
  /** Changes: refuses to run when a newer leader has been on the machine. */
  fenced: Shell;
  engine: Engine;
  clock: Clock;
  signal: AbortSignal;
}

/** A small change that can be looked for before it is made, so that a second run changes nothing. */
export interface Step {
  /** As conditions and events name it. */
  name: string;
  /** @returns whether it is so already */
  check(machine: Machine): Promise<boolean>;
  apply(machine: Machine): Promise<void>;
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
  { fenced, signal }: Machine,
  path: string,
  text: string,
  { mode = '644' }: { mode?: string } = {},
): Promise<void> {
  const [file, aside, folder] = [path, `${path}.berth-new`, path.slice(0, path.lastIndexOf('/'))].map(quote);
  const command = `mkdir -p ${folder} && umask 077 && cat >${aside} && chmod ${mode} ${aside} && sync ${aside} && mv ${aside} ${file}`;
  await run(fenced, command, { stdin: text, signal, what: `writing ${path}` });
}

/** The text of a file; undefined where there is none. */
export async function readFile({ shell, signal }: Machine, path: string): Promise<string | undefined> {
  const { code, stdout } = await shell.run(`cat ${quote(path)} 2>/dev/null`, { signal });
  return code === 0 ? stdout : undefined;
}

/** A step that makes a file hold a text. */
export const fileStep = (
  name: string,
  file: (machine: Machine) => { path: string; text: string; mode?: string },
): Step => ({
  name,
  async check(machine) {
    const { path, text } = file(machine);
    return (await readFile(machine, path)) === text;
  },
  async apply(machine) {
    const { path, text, mode } = file(machine);
    await writeFile(machine, path, text, mode === undefined ? {} : { mode });
  },
});
