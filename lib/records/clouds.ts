/** A location string of the talk, parsed; or the map form. `text` is how it was written, normalised. */
export type LocationSpec =
  | { driver: 'byon'; text: string; machines: { address: string; port: number; user?: string }[] }
  | { driver: 'localhost'; text: string }
  | { driver: 'sandbox'; text: string; image?: string; cpus?: number; memory?: number }
  | {
      driver: 'hollow';
      text: string;
      cpus: number;
      memory: number;
      zones: number;
      /** Milliseconds that an engine takes to start a container. */
      startMs: number;
      /** Share of starts that fail, 0 to 1. */
      failureRate: number;
    };

/** How a host is chosen: an order of the hosts, or a limit. */
export type StrategySpec =
  | 'depthFirst'
  | 'breadthFirst'
  | 'random'
  | 'leastContainers'
  /** Refuses a host that has so many containers. */
  | { maxContainers: number };
