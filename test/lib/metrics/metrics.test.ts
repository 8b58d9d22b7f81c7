import { expect } from 'chai';
import { controllerMetrics, informerMetrics, Registry, requestMetrics } from '../../../lib/metrics/index.ts';
import { VirtualClock } from '../../../lib/simulation/virtual-clock.ts';
import { createMemoryEtcd } from '../../../lib/store/memory/index.ts';

/** The samples of a registry, without help and types. */
const samples = async (registry: Registry) =>
  (await registry.metrics()).split('\n').filter((line) => !/^(#|$)/.test(line));

describe('metrics', () => {
  it('shows every series of a controller from the start, at zero', async () => {
    const registry = new Registry();
    controllerMetrics(registry)('placement', { workers: 4, leads: ['placement'] });
    const lines = await samples(registry);
    for (const line of [
      'controller_runtime_reconcile_total{controller="placement",result="success"} 0',
      'controller_runtime_reconcile_total{controller="placement",result="error"} 0',
      'controller_runtime_reconcile_total{controller="placement",result="requeue"} 0',
      'controller_runtime_reconcile_total{controller="placement",result="requeue_after"} 0',
      'controller_runtime_reconcile_errors_total{controller="placement"} 0',
      'controller_runtime_terminal_reconcile_errors_total{controller="placement"} 0',
      'controller_runtime_reconcile_panics_total{controller="placement"} 0',
      'controller_runtime_max_concurrent_reconciles{controller="placement"} 4',
      'controller_runtime_active_workers{controller="placement"} 0',
      'controller_runtime_reconcile_time_seconds_count{controller="placement"} 0',
      'workqueue_depth{name="placement"} 0',
      'workqueue_adds_total{name="placement"} 0',
      'workqueue_retries_total{name="placement"} 0',
      'workqueue_queue_duration_seconds_count{name="placement"} 0',
      'workqueue_work_duration_seconds_count{name="placement"} 0',
      'workqueue_unfinished_work_seconds{name="placement"} 0',
      'workqueue_longest_running_processor_seconds{name="placement"} 0',
      'leader_election_master_status{name="placement"} 0',
      'berth_events_dropped_total{controller="placement"} 0',
    ])
      expect(lines).to.include(line);
  });

  it('puts the time of a reconcile into buckets from 5 ms to 60 s', async () => {
    const registry = new Registry();
    controllerMetrics(registry)('placement', { workers: 1, leads: ['placement'] }).reconciled('success', 0.02);
    const bucket = (le: string) =>
      `controller_runtime_reconcile_time_seconds_bucket{le="${le}",controller="placement"}`;
    const lines = await samples(registry);
    expect(lines)
      .to.include(`${bucket('0.005')} 0`)
      .and.include(`${bucket('0.025')} 1`)
      .and.include(`${bucket('60')} 1`);
  });

  it('asks the queue only when it is scraped', async () => {
    const registry = new Registry();
    const metrics = controllerMetrics(registry)('placement', { workers: 1, leads: ['placement'] });
    const ends = [2, 5].map((depth) => metrics.watch({ depth, unfinished: () => ({ sum: depth, longest: depth }) }));
    metrics.leads('placement');
    expect(await samples(registry))
      .to.include('workqueue_depth{name="placement"} 7')
      .and.include('workqueue_unfinished_work_seconds{name="placement"} 7')
      .and.include('workqueue_longest_running_processor_seconds{name="placement"} 5')
      .and.include('leader_election_master_status{name="placement"} 1');
    for (const end of ends) end();
    metrics.follows('placement');
    expect(await samples(registry))
      .to.include('workqueue_depth{name="placement"} 0')
      .and.include('leader_election_master_status{name="placement"} 0');
  });

  it('shows how far the cache is', async () => {
    const registry = new Registry();
    informerMetrics(registry, { name: 'berth', cache: { revision: 42 } });
    expect(await samples(registry)).to.deep.equal([
      'informer_queued_items{name="berth"} 0',
      'informer_store_resource_version{name="berth"} 42',
    ]);
  });

  it('counts requests to the store by method, outcome and host, and changes nothing about them', async () => {
    const registry = new Registry();
    let refuse = false;
    const etcd = createMemoryEtcd({ clock: new VirtualClock() });
    const kv = requestMetrics(registry)(etcd.connect({ fault: () => (refuse ? 'refused' : 'none') }), 'etcd-1:2379');
    await kv.txn({ compare: [], then: [{ put: '/a', value: '1' }] });
    expect((await kv.range({ key: '/a' })).kvs[0]?.value.toString()).to.equal('1');
    refuse = true;
    const error: unknown = await kv.range({ key: '/a' }).catch((thrown: unknown) => thrown);
    expect(error).to.have.property('code', 'BERTH_STORE_UNAVAILABLE');
    const count = (code: string, method: string) =>
      `rest_client_requests_total{code="${code}",method="${method}",host="etcd-1:2379"}`;
    expect(await samples(registry))
      .to.include(`${count('OK', 'txn')} 1`)
      .and.include(`${count('OK', 'range')} 1`)
      .and.include(`${count('BERTH_STORE_UNAVAILABLE', 'range')} 1`)
      .and.include(`${count('OK', 'compact')} 0`);
  });
});
