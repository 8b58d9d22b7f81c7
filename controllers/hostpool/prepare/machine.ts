import type { Engine } from '../../../lib/docker/index.ts';
import type { Clock } from '../../../lib/platform/index.ts';
import type { CloudSecrets, DockerCloudSpec } from '../../../lib/records/index.ts';
import { type HostFiles, readFile, writeFile } from '../../../lib/ssh/index.ts';

export { readFile, run, writeFile } from '../../../lib/ssh/index.ts';

/** A machine on its way to be a host, and all that its steps need. */
export interface Machine extends HostFiles {
  host: string;
  cloud: string;
  installation: string;
  address: string;
  spec: DockerCloudSpec;
  /** Mirrors of Docker Hub: those of the record and those that the location knows of. */
  registryMirrors: readonly string[];
  authority: CloudSecrets['ca'];
  engine: Engine;
  clock: Clock;
  /** Text of a file on the machine of the controllers. @throws BERTH_INVALID */
  readLocal(path: string): Promise<string>;
}

/** A small change that can be looked for before it is made, so that a second run changes nothing. */
export interface Step<On = Machine> {
  /** As conditions and events name it. */
  name: string;
  /** @returns whether it is so already */
  check(machine: On): Promise<boolean>;
  apply(machine: On): Promise<void>;
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
