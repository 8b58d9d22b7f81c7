import { Gauge, type Registry } from 'prom-client';

/** How full a network is, when Prometheus scrapes. */
export interface ObservableNetwork {
  name: string;
  used: number;
  capacity: number;
}

/** Addresses of each network, by what has become of them; networks that go take their figures with them. */
export function networkMetrics(registry: Registry, networks: () => Iterable<ObservableNetwork>): void {
  new Gauge({
    name: 'berth_network_addresses',
    help: 'Addresses of a network, in use and free.',
    labelNames: ['network', 'state'] as const,
    registers: [registry],
    collect() {
      this.reset();
      for (const { name: network, used, capacity } of networks()) {
        this.set({ network, state: 'used' }, used);
        this.set({ network, state: 'free' }, Math.max(0, capacity - used));
      }
    },
  });
}
