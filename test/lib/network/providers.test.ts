import { expect } from 'chai';
import { networkOn } from '../../../lib/network/providers/index.ts';
import { cloudSpec } from '../../harness/records.ts';

const { network } = cloudSpec({ location: [] });

describe('the network of a cloud on one of its hosts', () => {
  for (const [cloud, host, now] of [
    ['linux', 'linux', 'linux'],
    ['calico', 'linux', 'linux'],
    ['calico', 'calico', 'calico'],
    ['linux', 'calico', 'linux'],
    ['cni', 'calico', 'linux'],
    ['cni', 'cni', 'cni'],
    // Of an older berth.
    ['calico', undefined, 'calico'],
  ] as const) {
    it(`is ${now} where the cloud asks for ${cloud} and the host has joined ${host ?? 'nobody knows what'}`, () => {
      const record = host === undefined ? {} : { networkProvider: host };
      expect(networkOn({ ...network, provider: cloud }, record)).deep.equal({ ...network, provider: now });
    });
  }
});
