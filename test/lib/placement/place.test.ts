import { expect } from 'chai';
import fc from 'fast-check';
import { HostModel, Planner, pipeline, type Request } from '../../../lib/placement/index.ts';
import { seededRandom } from '../../../lib/platform/index.ts';

const GIB = 2 ** 30;

const host = (name: string, capacity: Partial<HostModel['capacity']> = {}, open: true | string = true) =>
  new HostModel({ name, capacity: { cpus: 4, memory: 8 * GIB, ...capacity }, labels: {}, open });

const request = (asked: Partial<Request> = {}): Request => ({
  container: 'default/shop/web-0',
  cpus: 0,
  memory: 0,
  ports: [],
  fullNetworks: [],
  ...asked,
});

/** Where `count` equal containers go, one after the other. */
function placed(hosts: HostModel[], strategies: unknown[], count: number, asked: Partial<Request> = {}, last?: string) {
  const planner = new Planner(hosts, seededRandom(1), last);
  return Array.from({ length: count }, () => {
    const placement = planner.place(request(asked), pipeline(strategies));
    return placement.fits ? placement.host.name : placement.message;
  });
}

describe('placing containers', () => {
  const strategies: [string, unknown[], string[]][] = [
    ['depthFirst fills one host first', ['depthFirst', { maxContainers: 2 }], ['a', 'a', 'b', 'b']],
    ['breadthFirst takes turns', ['breadthFirst'], ['a', 'b', 'c', 'a']],
    ['leastContainers takes the emptiest', ['leastContainers'], ['a', 'b', 'c', 'a']],
    ['the talk’s class names mean the same', ['docker.strategy.BreadthFirstPlacementStrategy'], ['a', 'b', 'c', 'a']],
    ['without a strategy the first host is filled', [], ['a', 'a', 'a', 'a']],
  ];
  for (const [name, list, expected] of strategies) {
    it(name, () => expect(placed([host('a'), host('b'), host('c')], list, 4)).to.deep.equal(expected));
  }

  it('breadthFirst goes on after the host that was given the newest container', () => {
    expect(placed([host('a'), host('b'), host('c')], ['breadthFirst'], 3, {}, 'b')).to.deep.equal(['c', 'a', 'b']);
  });

  it('random is reproducible from its seed and uses all hosts', () => {
    const hosts = () => [host('a'), host('b'), host('c')];
    const first = placed(hosts(), ['random'], 30);
    expect(placed(hosts(), ['random'], 30)).to.deep.equal(first);
    expect(new Set(first)).to.have.all.keys('a', 'b', 'c');
  });

  const refusals: [string, HostModel[], unknown[], Partial<Request>, string][] = [
    ['no hosts', [], [], {}, 'no host fits: the cloud has no hosts yet'],
    ['CPU', [host('a', { cpus: 1 })], [], { cpus: 2 }, 'no host fits: 1 of 1 lack CPU'],
    ['memory', [host('a', { memory: GIB })], [], { memory: 2 * GIB }, 'no host fits: 1 of 1 lack memory'],
    ['a limit of 0 left', [host('a', { containers: 0 })], [], {}, 'no host fits: 1 of 1 full (capacity 0)'],
    [
      'the commonest reason comes first',
      [host('a', {}, 'are draining'), host('b', { cpus: 1 }), host('c', { cpus: 1 })],
      [],
      { cpus: 2 },
      'no host fits: 2 of 3 lack CPU, 1 are draining',
    ],
    ['a full network', [host('a')], [], { fullNetworks: ['n'] }, 'no host fits: 1 of 1 cannot help: network n is full'],
  ];
  for (const [name, hosts, list, asked, message] of refusals) {
    it(`explains a refusal: ${name}`, () => expect(placed(hosts, list, 1, asked)).to.deep.equal([message]));
  }

  it('never gives a host port twice, and tells tcp from udp', () => {
    const tcp = { ports: [{ port: 80, protocol: 'tcp' as const, host: 80 }] };
    const udp = { ports: [{ port: 80, protocol: 'udp' as const, host: 80 }] };
    const hosts = [host('a'), host('b')];
    expect(placed(hosts, [], 3, tcp)).to.deep.equal(['a', 'b', 'no host fits: 2 of 2 have port 80/tcp taken']);
    expect(placed(hosts, [], 1, udp)).to.deep.equal(['a']);
  });

  it('chooses a free port where any will do', () => {
    const a = host('a');
    a.occupy(49153, 'tcp');
    const bound = a.bind([
      { port: 6379, protocol: 'tcp', host: 0 },
      { port: 6380, protocol: 'tcp', host: 0 },
      { port: 6381, protocol: 'tcp' },
    ]);
    expect(bound?.map((each) => each.host)).to.deep.equal([49154, 49155]);
  });

  it('names a strategy that it does not know, and what it knows', () => {
    expect(() => pipeline(['sideways'])).to.throw('"sideways"; expected one of depthFirst, breadthFirst');
    expect(() => pipeline([{ maxContainers: -1 }])).to.throw('expected a whole number above 0');
  });

  it('never takes a host above any limit, whatever is asked in whatever order', () => {
    const asked = fc.record({
      cpus: fc.constantFrom(0, 0.1, 0.5, 1, 3),
      memory: fc.constantFrom(0, GIB / 2, GIB, 5 * GIB),
      ports: fc.array(
        fc.record({
          port: fc.constant(1),
          protocol: fc.constantFrom('tcp' as const, 'udp' as const),
          host: fc.constantFrom(0, 80, 81),
        }),
        { maxLength: 2 },
      ),
    });
    const list = fc.subarray<unknown>([
      'depthFirst',
      'breadthFirst',
      'random',
      'leastContainers',
      { maxContainers: 3 },
    ]);
    fc.assert(
      fc.property(fc.array(asked, { maxLength: 40 }), list, (requests, strategies) => {
        const hosts = [host('a'), host('b', { cpus: 2, containers: 5 }), host('c', { memory: 2 * GIB })];
        const planner = new Planner(hosts, seededRandom(7), undefined);
        const given = new Map<string, { containers: number; cpus: number; memory: number; ports: string[] }>();
        for (const each of requests) {
          const placement = planner.place(request(each), pipeline(strategies));
          if (!placement.fits) continue;
          const sum = given.get(placement.host.name) ?? { containers: 0, cpus: 0, memory: 0, ports: [] };
          sum.containers++;
          sum.cpus += each.cpus;
          sum.memory += each.memory;
          sum.ports.push(...placement.ports.map((bound) => `${bound.host}/${bound.protocol}`));
          given.set(placement.host.name, sum);
        }
        for (const { name, capacity } of hosts) {
          const sum = given.get(name);
          if (!sum) continue;
          expect(sum.cpus).to.be.at.most(capacity.cpus + 1e-6);
          expect(sum.memory).to.be.at.most(capacity.memory);
          expect(sum.containers).to.be.at.most(capacity.containers ?? Number.POSITIVE_INFINITY);
          if (strategies.some((each) => typeof each === 'object')) expect(sum.containers).to.be.at.most(3);
          expect(new Set(sum.ports).size).to.equal(sum.ports.length);
        }
      }),
    );
  });
});
