/** Metrics under the names that Prometheus users know. Nothing global: the registry is handed in. */

export { Registry } from 'prom-client';
export { type ControllerMetrics, controllerMetrics, type ObservableQueue, type Outcome } from './controllers.ts';
export { informerMetrics, type ObservableCache } from './informer.ts';
export { networkMetrics, type ObservableNetwork } from './networks.ts';
export { processMetrics } from './process.ts';
export { requestMetrics } from './requests.ts';
