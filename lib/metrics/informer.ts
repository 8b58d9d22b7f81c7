import { Gauge, type Registry } from 'prom-client';

/** What is asked of a watch cache when Prometheus scrapes. */
export interface ObservableCache {
  /** Everything up to this revision is in the cache. */
  readonly revision: number;
}

/**
 * The watch cache, under the names of client-go's informers.
 *
 * @param source.queued  changes received and not yet delivered; absent where the cache delivers as it receives
 */
export function informerMetrics(
  registry: Registry,
  source: { name: string; cache: ObservableCache; queued?: () => number },
): void {
  const { name, cache, queued = () => 0 } = source;
  const labels = { name };
  const common = { labelNames: ['name'] as const, registers: [registry] };
  new Gauge({
    ...common,
    name: 'informer_queued_items',
    help: 'Changes that the cache has received and not yet delivered.',
    collect() {
      this.set(labels, queued());
    },
  });
  new Gauge({
    ...common,
    name: 'informer_store_resource_version',
    help: 'Revision of the store that the cache has reached.',
    collect() {
      this.set(labels, cache.revision);
    },
  });
}
