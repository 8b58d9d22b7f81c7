import { createHash } from 'node:crypto';
import { shimScript } from '../../../lib/docker/index.ts';
import { joiningSteps } from '../../../lib/network/providers/index.ts';
import type { DockerCloudSpec } from '../../../lib/records/index.ts';
import { daemonOptions } from './daemon.ts';
import type { Machine, Step } from './machine.ts';
import { certificates } from './steps/certificates.ts';
import { engineAnswers, engineRunning, runtimeShim, systemdUnit } from './steps/engine.ts';
import { installation } from './steps/installation.ts';
import { forwarding, kernelSettings } from './steps/kernel.ts';
import { daemonJson, provenOptions } from './steps/options.ts';
import { packages } from './steps/packages.ts';

export { capacityOf, type Surroundings, surroundingsOf } from './facts.ts';
export { fencedShell } from './fence.ts';
export type { Machine, Step } from './machine.ts';
export { release } from './release.ts';
export { renewalOf } from './steps/certificates.ts';
export { OptionsRefused } from './steps/options.ts';

/** What makes a machine a host of any cloud, in order. */
export const steps: readonly Step[] = [
  installation,
  packages,
  kernelSettings,
  forwarding,
  certificates,
  runtimeShim,
  daemonJson,
  systemdUnit,
  engineRunning,
  engineAnswers,
  provenOptions,
];

/** What makes a machine a host of its cloud: the same, and what the cloud's network asks for. @throws BERTH_NOT_SUPPORTED_YET */
export const stepsFor = ({ network }: Pick<DockerCloudSpec, 'network'>): readonly Step[] => [
  ...steps,
  ...joiningSteps(network),
];

/** Takes the steps of the machine's cloud. @throws as `take` */
export const prepare = (machine: Machine): Promise<string[]> => take(stepsFor(machine.spec), machine);

/**
 * Takes the steps that are not taken yet. Cut off anywhere it is simply run again.
 *
 * @returns names of the steps that changed something
 * @throws StepFailed
 */
export async function take<On>(list: readonly Step<On>[], machine: On): Promise<string[]> {
  const applied: string[] = [];
  for (const { name, check, apply } of list) {
    try {
      if (await check(machine)) continue;
      await apply(machine);
      applied.push(name);
    } catch (error) {
      throw new StepFailed(name, error);
    }
  }
  return applied;
}

/** Which step failed; why is its `cause`. */
export class StepFailed extends Error {
  override readonly name = 'StepFailed';
  readonly step: string;
  constructor(step: string, cause: unknown) {
    super(`preparing the machine failed at ${step}`, { cause });
    this.step = step;
  }
}

/** Of everything that preparation depends on: another value asks for another run of the steps. */
export function preparationHash(
  machine: Pick<Machine, 'spec' | 'registryMirrors' | 'address' | 'installation'> & { authority: string },
): string {
  const { spec, registryMirrors, address, installation: ours, authority } = machine;
  const parts = [daemonOptions(spec, registryMirrors), spec.network, address, ours, authority, shimScript];
  return hashOf(parts);
}

export const hashOf = (value: unknown): string =>
  createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 16);
