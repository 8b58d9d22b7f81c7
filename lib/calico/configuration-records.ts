/**
 * Calico's v3 resources that configure its programs. Fields as in its Go structs, in their order; of FelixConfiguration's
 * 200 those that berth has a use for. All others are kept as they were read.
 */

import { dictionary, flag, integer, integerIn, list, numberOrText, opaque, optional, text, word } from './codec.ts';
import type { Json } from './json.ts';
import { resource } from './resource.ts';
import { selectorText } from './rule-records.ts';
import { struct } from './struct.ts';

export interface BGPConfigurationSpec {
  logSeverityScreen?: string;
  /** Every node peers with every other. */
  nodeToNodeMeshEnabled?: boolean;
  /** 64512, or `1.10`. */
  asNumber?: number | string;
  serviceLoadBalancerAggregation?: string;
  listenPort?: number;
  bindMode?: string;
  ignoredInterfaces?: string[];
}

export interface BGPPeerSpec {
  /** The one node that peers; absent along with nodeSelector: all do. */
  node?: string;
  nodeSelector?: string;
  /** An address, or `address:port`. */
  peerIP?: string;
  asNumber?: number | string;
  localASNumber?: number | string;
  /** Nodes to peer with, instead of peerIP. */
  peerSelector?: string;
  keepOriginalNextHop?: boolean;
  password?: Json;
  sourceAddress?: string;
  filters?: string[];
}

export interface BGPFilterSpec {
  exportV4?: Json[];
  importV4?: Json[];
  exportV6?: Json[];
  importV6?: Json[];
}

export interface FelixConfigurationSpec {
  /** Comma-separated patterns of interfaces that Felix leaves alone. */
  interfaceExclude?: string;
  logSeverityScreen?: string;
  ipipEnabled?: boolean;
  ipipMTU?: number;
  vxlanEnabled?: boolean;
  vxlanMTU?: number;
  vxlanPort?: number;
  vxlanVNI?: number;
  /** Go's duration: `0s`. */
  reportingInterval?: string;
  usageReportingEnabled?: boolean;
  /** Enabled: Felix routes to other hosts' blocks, so that no BIRD is needed. */
  programClusterRoutes?: 'Enabled' | 'Disabled';
  nftablesMode?: string;
  wireguardEnabled?: boolean;
  wireguardEnabledV6?: boolean;
  wireguardListeningPort?: number;
  wireguardMTU?: number;
  mtuIfacePattern?: string;
}

export interface KubeControllersConfigurationSpec {
  logSeverityScreen?: string;
  healthChecks?: string;
  prometheusMetricsPort?: number;
  controllers: ReadonlyMap<string, Json>;
}

const asNumber = numberOrText(
  (value) => /^(\d{1,10}|\d{1,5}\.\d{1,5})$/.test(String(value)) && Number(value) < 2 ** 32,
  'an AS number: 1 to 4294967295',
);
const port = integerIn(1, 65_535);

export const bgpConfiguration = resource(
  struct<BGPConfigurationSpec>({
    logSeverityScreen: optional(text),
    nodeToNodeMeshEnabled: optional(flag),
    asNumber: optional(asNumber),
    serviceLoadBalancerAggregation: optional(text),
    listenPort: optional(port),
    bindMode: optional(text),
    ignoredInterfaces: optional(list(text)),
  }),
);

export const bgpPeer = resource(
  struct<BGPPeerSpec>({
    node: optional(text),
    nodeSelector: optional(selectorText),
    peerIP: optional(text),
    asNumber: optional(asNumber),
    localASNumber: optional(asNumber),
    peerSelector: optional(selectorText),
    keepOriginalNextHop: optional(flag),
    password: optional(opaque),
    sourceAddress: optional(text),
    filters: optional(list(text)),
  }),
);

const filters = list(opaque);

export const bgpFilter = resource(
  struct<BGPFilterSpec>({
    exportV4: optional(filters),
    importV4: optional(filters),
    exportV6: optional(filters),
    importV6: optional(filters),
  }),
);

export const felixConfiguration = resource(
  struct<FelixConfigurationSpec>({
    interfaceExclude: optional(text),
    logSeverityScreen: optional(text),
    ipipEnabled: optional(flag),
    ipipMTU: optional(integer),
    vxlanEnabled: optional(flag),
    vxlanMTU: optional(integer),
    vxlanPort: optional(port),
    vxlanVNI: optional(integerIn(0, 2 ** 24 - 1)),
    reportingInterval: optional(text),
    usageReportingEnabled: optional(flag),
    programClusterRoutes: optional(word('Enabled', 'Disabled')),
    nftablesMode: optional(text),
    wireguardEnabled: optional(flag),
    wireguardEnabledV6: optional(flag),
    wireguardListeningPort: optional(port),
    wireguardMTU: optional(integer),
    mtuIfacePattern: optional(text),
  }),
);

export const kubeControllersConfiguration = resource(
  struct<KubeControllersConfigurationSpec>({
    logSeverityScreen: optional(text),
    healthChecks: optional(text),
    prometheusMetricsPort: optional(integer),
    controllers: dictionary(opaque),
  }),
);
