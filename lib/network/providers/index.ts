import { BerthError } from '../../errors/index.ts';
import type { DockerCloudSpec } from '../../records/index.ts';
import { calico } from '../calico/index.ts';
import { cni } from '../cni/index.ts';
import { linux } from '../linux/provider.ts';
import type { NetworkProvider, ProviderStep } from '../provider.ts';

type Name = DockerCloudSpec['network']['provider'];

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
