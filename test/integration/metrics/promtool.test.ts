import { spawnSync } from 'node:child_process';
import { expect } from 'chai';
import {
  controllerMetrics,
  informerMetrics,
  processMetrics,
  Registry,
  requestMetrics,
} from '../../../lib/metrics/index.ts';
import { VirtualClock } from '../../../lib/simulation/virtual-clock.ts';
import { createMemoryEtcd } from '../../../lib/store/memory/index.ts';

describe('promtool check metrics', () => {
  it('has nothing to say about ours', async () => {
    const registry = new Registry();
    const metrics = controllerMetrics(registry)('placement', { workers: 4, leads: ['placement'] });
    metrics.reconciled('success', 0.1);
    metrics.worked(0.1);
    informerMetrics(registry, { name: 'berth', cache: { revision: 42 } });
    requestMetrics(registry)(createMemoryEtcd({ clock: new VirtualClock() }).connect(), 'localhost:2379');
    processMetrics(registry);
    const { status, stdout, stderr, error } = spawnSync('promtool', ['check', 'metrics'], {
      input: await registry.metrics(),
      encoding: 'utf8',
    });
    expect(error).to.equal(undefined);
    expect({ status, says: stdout + stderr }).to.deep.equal({ status: 0, says: '' });
  });
});
