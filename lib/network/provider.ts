import type { Engine } from '../docker/index.ts';
import type { Clock } from '../platform/index.ts';
import type { DockerCloudSpec } from '../records/index.ts';
import type { HostFiles, Shell } from '../ssh/index.ts';
import type { HostNetwork } from './host.ts';

/** A host that joins a cloud's network, or leaves it, and all that the steps of it need. */
export interface ProviderHost extends HostFiles {
  host: string;
  installation: string;
  /** By which other hosts reach it. */
  address: string;
  spec: Pick<DockerCloudSpec, 'network'>;
  engine: Engine;
  clock: Clock;
  /** Text of a file on the machine of the controllers. @throws BERTH_INVALID */
  readLocal(path: string): Promise<string>;
}

/** A small change that can be looked for before it is made, so that a second run changes nothing. */
export interface ProviderStep {
  /** As conditions and events name it. */
  name: string;
  /** @returns whether it is so already */
  check(host: ProviderHost): Promise<boolean>;
  apply(host: ProviderHost): Promise<void>;
}

/** Who makes the network on the hosts of a cloud: the same two parts as Clocker's providers had. */
export interface NetworkProvider {
  /** Host part: what a host needs before the first container is attached, in order. */
  readonly join: readonly ProviderStep[];
  /** What `join` put on a host is gone: before another provider joins, and before the host is given back. */
  readonly leave: readonly ProviderStep[];
  /** Endpoint part: attach and detach (`apply`) and list (`read`) the containers of a host. */
  network(shell: Shell, spec: DockerCloudSpec['network']): HostNetwork;
}
