/**
 * The provider cni: a container's namespace is berth's, its interfaces are made by the plugins that the user lists. berth
 * offers the address that it chose; what the plugins answer is what counts. See README.md.
 */

import { BerthError } from '../../errors/index.ts';
import type { NetworkProvider } from '../provider.ts';
import { createPluginNetwork } from './network.ts';
import { plugins } from './plugins.ts';

export { createPluginNetwork } from './network.ts';

export const cni: NetworkProvider = {
  join: [plugins],
  // Whatever plugins made goes with the containers; what was installed stays installed.
  leave: [],
  network(shell, { cni: settings }) {
    if (!settings)
      throw new BerthError('BERTH_INVALID', 'nothing says which plugins make the network', {
        place: 'spec.network.cni',
      });
    return createPluginNetwork({ shell, settings });
  },
};
