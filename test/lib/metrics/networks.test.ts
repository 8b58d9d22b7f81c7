import { expect } from 'chai';
import { networkMetrics, type ObservableNetwork, Registry } from '../../../lib/metrics/index.ts';

describe('metrics of networks', () => {
  it('say how many addresses are in use and free, of the networks that there are', async () => {
    const registry = new Registry();
    const networks: ObservableNetwork[] = [
      { name: 'blue', used: 3, capacity: 256 },
      { name: 'default.shop.default', used: 256, capacity: 255 },
    ];
    networkMetrics(registry, () => networks);
    const lines = async () => (await registry.metrics()).split('\n').filter((line) => line.startsWith('berth_'));
    expect(await lines()).to.deep.equal([
      'berth_network_addresses{network="blue",state="used"} 3',
      'berth_network_addresses{network="blue",state="free"} 253',
      'berth_network_addresses{network="default.shop.default",state="used"} 256',
      'berth_network_addresses{network="default.shop.default",state="free"} 0',
    ]);
    networks.pop();
    expect(await lines()).to.have.length(2);
  });
});
