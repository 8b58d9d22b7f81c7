import { BerthError } from '../../lib/errors/index.ts';
import type { HostLink } from '../../lib/machine/index.ts';
import type { View } from '../../lib/store/index.ts';
import type { ReadHostNetwork } from './http/networks.ts';

/**
 * Reads the networks of hosts.
 *
 * @param state   the records, once they are all read
 * @param linkTo  the way to a host
 */
export function hostNetworkReader(
  state: () => View | undefined,
  linkTo: (host: string, state: View) => Promise<HostLink>,
): ReadHostNetwork {
  return async (host, signal) => {
    const view = state();
    if (!view) throw new BerthError('BERTH_STORE_UNAVAILABLE', 'the records are not all read yet');
    if (view.by('hosts', 'name', host).length === 0)
      throw new BerthError('BERTH_NOT_FOUND', 'no such host', { place: `hosts/${host}` });
    return (await linkTo(host, view)).network.read(signal);
  };
}
