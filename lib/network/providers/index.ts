import { BerthError } from '../../errors/index.ts';
import type { DockerCloudSpec, HostRecord } from '../../records/index.ts';
import { calico } from '../calico/index.ts';
import { cni } from '../cni/index.ts';
import { linux } from '../linux/provider.ts';
import type { NetworkProvider, ProviderStep } from '../provider.ts';

type Network = DockerCloudSpec['network'];
type Name = Network['provider'];

const providers: { readonly [name: string]: NetworkProvider } = { linux, calico, cni };

/** @throws BERTH_NOT_SUPPORTED_YET */
export function providerOf({ provider }: { provider: Name }): NetworkProvider {
  const found = providers[provider];
  if (found) return found;
  throw new BerthError('BERTH_NOT_SUPPORTED_YET', 'nobody makes such a network yet', {
    place: 'spec.network.provider',
    found: provider,
    expected: Object.keys(providers).join(', '),
  });
}

/**
 * The network of a cloud as it is on one of its hosts now. Between two providers a host has linux's, which asks nothing of
 * it: its rules stay until the host has joined the next provider, and are there before another one leaves.
 */
export const networkOn = (network: Network, { networkProvider }: Pick<HostRecord, 'networkProvider'>): Network =>
  networkProvider === undefined || networkProvider === network.provider ? network : { ...network, provider: 'linux' };

/** The host part for a host of that cloud, in order: whatever another provider left there goes first. */
export function joiningSteps(network: { provider: Name }): readonly ProviderStep[] {
  const own = providerOf(network);
  return [
    ...Object.values(providers)
      .filter((other) => other !== own)
      .flatMap(({ leave }) => leave),
    ...own.join,
  ];
}

/** What gives a host back as it was, whatever provider it had. */
export const leavingSteps = (): readonly ProviderStep[] => Object.values(providers).flatMap(({ leave }) => leave);
