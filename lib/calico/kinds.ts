import type { Codec } from './codec.ts';
import {
  bgpConfiguration,
  bgpFilter,
  bgpPeer,
  felixConfiguration,
  kubeControllersConfiguration,
} from './configuration-records.ts';
import { affinity, block, felixStatus, handle, ipamConfig } from './ipam-records.ts';
import type { CalicoKind } from './keys.ts';
import { globalNetworkPolicy, hostEndpoint, networkPolicy, networkSet } from './policy-records.ts';
import { clusterInformation, ipPool, ipReservation, node, profile, tier, workloadEndpoint } from './resources.ts';

/** How each kind of Calico's records is read and written. */
export const codecs = {
  pool: ipPool,
  node,
  profile,
  workloadEndpoint,
  clusterInformation,
  tier,
  globalNetworkPolicy,
  networkPolicy,
  globalNetworkSet: networkSet,
  networkSet,
  hostEndpoint,
  ipReservation,
  bgpConfiguration,
  bgpPeer,
  bgpFilter,
  felixConfiguration,
  kubeControllersConfiguration,
  block,
  handle,
  affinity,
  ipamConfig,
  felixStatus,
} as const satisfies { [K in CalicoKind]: Codec<unknown> };
