import { type Dns, isWithin, PaperNameServer, paperDns } from '../../lib/dns/index.ts';
import { BerthError } from '../../lib/errors/index.ts';
import { type Clock, integer, type Random, sleep } from '../../lib/platform/index.ts';
import type { Ledger } from '../invariants/ledger.ts';

/** Zone of the clouds' names. */
const ZONE = 'berth';
/** Networks are cut from 10.64.0.0/10. */
const REVERSE_ZONE = '10.in-addr.arpa';
/** Share of the requests that fail, before or after they have had their effect, while faults are on. */
const FAILURES = 1 / 20;

/** `spec.dns` of the simulated clouds. */
export const dnsSpec = {
  zone: ZONE,
  reverseZones: [REVERSE_ZONE],
  servers: [{ address: '192.0.2.53', key: { name: 'berth', secretFile: '/key' } }],
  skydns: {},
};

/** The one name server of the simulated world. */
export class SimulatedNames {
  readonly server = new PaperNameServer([ZONE, REVERSE_ZONE]);
  readonly dns: Dns;

  constructor({ clock, random, faults }: { clock: Clock; random: Random; faults(): boolean }) {
    const sound = paperDns(() => this.server);
    const delayed = async <T>(request: () => Promise<T>): Promise<T> => {
      const fate = faults() ? random.next() : 1;
      await sleep(clock, 1 + integer(random, 5));
      if (fate < FAILURES / 2) throw new BerthError('BERTH_DNS', 'the request was lost');
      const answer = await request();
      await sleep(clock, 1 + integer(random, 5));
      if (fate < FAILURES) throw new BerthError('BERTH_DNS', 'the answer was lost');
      return answer;
    };
    this.dns = {
      update: (...request) => delayed(() => sound.update(...request)),
      transfer: (...request) => delayed(() => sound.transfer(...request)),
    };
  }

  /** What must hold at rest: the server answers what the records say. In words, what does not. */
  broken(ledger: Ledger): string[] {
    return ledger.list('names').flatMap(({ id, value }) => {
      const name = `${id.slice(id.indexOf('/') + 1)}.${id.slice(0, id.indexOf('/'))}`;
      if (value.deleting) return [`names/${id} is not gone`];
      if (name.endsWith('.arpa'))
        return isWithin(name, REVERSE_ZONE) ? this.#differs(name, 'PTR', [value.ptr ?? '']) : [];
      if (value.srv)
        return this.#differs(
          name,
          'SRV',
          value.srv.map(({ port, target }) => `0 0 ${port} ${target}`),
        );
      const [four, six] = [false, true].map((isSix) => value.addresses.filter((each) => each.includes(':') === isSix));
      return [...this.#differs(name, 'A', four!), ...this.#differs(name, 'AAAA', six!)];
    });
  }

  #differs(name: string, type: 'A' | 'AAAA' | 'SRV' | 'PTR', wanted: string[]): string[] {
    const found = this.server.lookup(name, type);
    const same = [...found].sort().join() === [...wanted].sort().join();
    return same ? [] : [`the name server has ${name} ${type} ${found.join(', ') || 'not'}, not ${wanted.join(', ')}`];
  }
}
