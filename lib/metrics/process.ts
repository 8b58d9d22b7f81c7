import { collectDefaultMetrics, type Registry } from 'prom-client';

/** Gauges whose names pretend to be counters, which `promtool check metrics` refuses; the same without labels or sums of others. */
const MISNAMED = ['nodejs_active_handles_total', 'nodejs_active_requests_total', 'nodejs_active_resources_total'];

/** CPU, memory, handles and event loop of this process. Uses timers of its own: for real processes, not for simulations. */
export function processMetrics(registry: Registry): void {
  collectDefaultMetrics({ register: registry });
  for (const name of MISNAMED) registry.removeSingleMetric(name);
}
