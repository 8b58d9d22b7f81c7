import type { Dns, NameServer, Rrset } from './client.ts';
import { NameServerRefused } from './failure.ts';
import { CLASS, type ResourceRecord } from './message.ts';

/** A name server that exists on paper, of the simulation and of tests: what it holds, and how it behaves. */
export class PaperNameServer {
  readonly zones = new Map<string, Map<string, Rrset>>();
  /** Answers every request; tests make it fail. */
  behave: (request: { verb: 'update' | 'transfer'; zone: string; server: NameServer }) => Promise<void> =
    async () => {};
  updates = 0;

  constructor(zones: readonly string[]) {
    for (const zone of zones) this.zones.set(zone, new Map());
  }

  /** The data of a name, as its zone holds it. */
  lookup(name: string, type: Rrset['type']): string[] {
    for (const sets of this.zones.values()) {
      const found = sets.get(`${name} ${type}`);
      if (found) return found.data;
    }
    return [];
  }

  zone(name: string): Map<string, Rrset> {
    const zone = this.zones.get(name);
    if (!zone) throw new NameServerRefused('NOTAUTH', `no zone ${name}`, 'add it');
    return zone;
  }
}

/** @param find  the server at an address, which may not be there; throws then */
export function paperDns(find: (server: NameServer) => PaperNameServer): Dns {
  return {
    async update(server, zone, rrsets) {
      const there = find(server);
      await there.behave({ verb: 'update', zone, server });
      const sets = there.zone(zone);
      there.updates++;
      for (const set of rrsets) {
        const key = `${set.name} ${set.type}`;
        if (set.data.length === 0) sets.delete(key);
        else sets.set(key, { ...set, data: [...set.data] });
      }
    },
    async transfer(server, zone) {
      const there = find(server);
      await there.behave({ verb: 'transfer', zone, server });
      return [...there.zone(zone).values()].flatMap(({ name, type, ttl, data }): ResourceRecord[] =>
        data.map((text) => ({ name, type, class: CLASS.IN, ttl, data: text })),
      );
    },
  };
}
