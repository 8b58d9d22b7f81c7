import { isCode, messageOf } from '../errors/index.ts';
import { type Codec, decodeRecord } from './codec.ts';
import {
  bgpConfiguration,
  bgpFilter,
  bgpPeer,
  felixConfiguration,
  kubeControllersConfiguration,
} from './configuration-records.ts';
import { affinity, block, felixStatus, handle, ipamConfig } from './ipam-records.ts';
import { type CalicoKind, kindOf } from './keys.ts';
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

/**
 * Why a record cannot be read, naming its field; undefined where it can, and for what is not one of Calico's records.
 * Calico's own programs leave such a record out without a word.
 */
export function problemOf(id: string, value: Buffer): string | undefined {
  const kind = kindOf(id);
  if (!kind) return undefined;
  try {
    decodeRecord<unknown>(codecs[kind], id, value);
    return undefined;
  } catch (error) {
    if (isCode(error, 'BERTH_SYNTAX', 'BERTH_INVALID')) return messageOf(error);
    throw error;
  }
}
