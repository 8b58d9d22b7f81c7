import { Scenario } from './scenario.ts';

/** An address range of a network's own choice. */
export const EXPLICIT = 'cidr: 192.168.34.0/24, gateway: 192.168.34.1, dnsServers: [10.0.0.53]';

/** A scenario with networks that are declared, and containers on them. */
export class NetworkScenario extends Scenario {
  ready(network: string): Promise<void> {
    return this.until(() => this.condition(network, 'Ready') === 'True Ready', `${network} to be ready`);
  }

  /** A container on some networks, with its endpoint and what runs of it. */
  async running(name: string, networks: string[], host = 'h-1'): Promise<void> {
    await this.host(host);
    await this.container(`default/shop/${name}`, { networks });
    await this.assign(`${host}/default/shop/${name}`, `u-${name}`);
    await this.until(() => this.endpoint(`${host}/default/shop/${name}`) !== undefined, 'the endpoint');
    await this.observe(`${host}/default/shop/${name}`, `u-${name}`);
    await this.settle();
  }

  async gone(name: string, host = 'h-1'): Promise<void> {
    await this.remove('containers', `default/shop/${name}`);
    await this.remove('assignments', `${host}/default/shop/${name}`);
    await this.remove('observed', `${host}/default/shop/${name}`);
    await this.until(() => this.endpoint(`${host}/default/shop/${name}`) === undefined, 'the endpoint to go');
  }
}
