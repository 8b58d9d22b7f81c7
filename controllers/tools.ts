import type { ContainerTools } from './container/tools.ts';
import type { DiscoveryTools } from './discovery/index.ts';
import type { HostpoolTools } from './hostpool/tools.ts';
import type { IppoolTools } from './ippool/tools.ts';

/** What each controller reaches the world through, by its name. The command line makes the real ones. */
export interface Tools {
  readonly [controller: string]: unknown;
  hostpool: HostpoolTools;
  ippool: IppoolTools;
  container: ContainerTools;
  discovery: DiscoveryTools;
}
