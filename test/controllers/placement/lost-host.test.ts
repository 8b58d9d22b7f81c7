/** The handshake of application and placement over a host that is lost, whatever comes first: both plans on one store. */

import { expect } from 'chai';
import fc from 'fast-check';
import { snapshotOf } from '../../../controllers/application/snapshot.ts';
import { plan as blueprint } from '../../../lib/blueprint/index.ts';
import type { ApplicationSpec } from '../../../lib/records/index.ts';
import { State } from '../../harness/state.ts';
import { application, link, service } from '../../lib/blueprint/fixtures.ts';
import { host, observed, round } from './support.ts';

const HOSTS = ['h1', 'h2', 'h3'];
type Actor = 'application' | 'placement' | 'ippool' | 'container';
const ACTORS: readonly Actor[] = ['application', 'placement', 'ippool', 'container'];

/** A store, and each controller's next step on it. */
class Cloud {
  readonly state = new State();
  readonly #spec: ApplicationSpec;
  /** By container: how often it was started. */
  readonly starts = new Map<string, number>();
  #addresses = 0;
  /** Milliseconds. */
  #time = 0;

  constructor(spec: ApplicationSpec) {
    this.#spec = spec;
    for (const name of HOSTS) this.state.put({ hosts: { [`c/${name}`]: host() } });
    const range = { cidr: '10.64.0.0/24', gateway: '', pools: [], blockSize: 26, used: 0, capacity: 250, dns: [] };
    this.state.put({ networks: { 'default.shop.default': { uid: 7, cloud: 'c', provider: 'linux', ...range } } });
  }

  act(actor: Actor): void {
    this.#time += 1000;
    this[actor]();
  }

  application(): void {
    const accepted = { generation: 7, uid: 7, spec: this.#spec };
    const { units } = blueprint(this.#spec, snapshotOf('default/shop', accepted, this.state), { cloud: 'accepted' });
    for (const unit of units) this.state.apply(unit);
  }

  placement(): void {
    for (const unit of round(this.state, this.#time).units) this.state.apply(unit);
  }

  /** An address for one assignment that has none: the others have to wait. */
  ippool(): void {
    const next = this.state
      .list('assignments')
      .find(({ id, value }) => this.state.get('endpoints', id)?.value.uid !== value.uid);
    if (!next) return;
    const address = `10.64.0.${++this.#addresses}`;
    const interfaces = [{ network: 'n', name: 'eth0', address, hostInterface: `cali${this.#addresses}`, mac: '' }];
    this.state.put({ endpoints: { [next.id]: { uid: next.value.uid, interfaces, dns: [] } } });
  }

  /** On hosts that answer: what is not assigned any more goes, and one container that has its address is started. */
  container(): void {
    const answers = ({ id }: { id: string }) => !this.state.by('hosts', 'name', id.split('/')[0] ?? '')[0]?.value.lost;
    for (const { id, value } of this.state.list('observed').filter(answers)) {
      if (this.state.get('assignments', id)?.value.uid !== value.uid) this.state.delete('observed', id);
    }
    const next = this.state.list('assignments').find((assignment) => {
      const { id, value } = assignment;
      const name = id.slice(id.indexOf('/') + 1);
      return (
        answers(assignment) &&
        !this.state.get('observed', id) &&
        this.state.get('endpoints', id)?.value.uid === value.uid &&
        this.state.get('containers', name)?.value.spec === value.spec
      );
    });
    if (!next) return;
    this.state.put({ observed: { [next.id]: observed({ uid: next.value.uid }) } });
    const name = next.id.slice(next.id.lastIndexOf('/') + 1);
    this.starts.set(name, (this.starts.get(name) ?? 0) + 1);
  }

  /** Until nobody has anything to do. */
  settle(): void {
    for (let i = 0; i < 200; i++) {
      const before = this.#picture();
      for (const actor of ACTORS) this.act(actor);
      if (this.#picture() === before) return;
    }
    throw new Error('it never settles');
  }

  /** Names of the containers on a host. */
  on(name: string): string[] {
    return this.state.list('assignments', name).map(({ id }) => id.slice(id.lastIndexOf('/') + 1));
  }

  lose(name: string): void {
    this.state.put({ hosts: { [`c/${name}`]: host({ lost: true }) } });
  }

  #picture(): string {
    const kinds = ['containers', 'entities', 'assignments', 'pending', 'endpoints', 'observed'] as const;
    return JSON.stringify(kinds.map((kind) => this.state.list(kind).map(({ id, value }) => [id, value])));
  }
}

const IDS = ['a', 'b', 'c', 'd'];
/** Up to four services of up to three containers, with links to those before them, on hosts in turn or filled one by one. */
const applications = fc
  .record({
    strategy: fc.constantFrom('breadthFirst', 'depthFirst', 'random'),
    services: fc.array(fc.record({ replicas: fc.integer({ min: 1, max: 3 }), targets: fc.subarray(IDS) }), {
      minLength: 2,
      maxLength: 4,
    }),
  })
  .map(({ strategy, services }) =>
    application(
      ...services.map(({ replicas, targets }, index) =>
        service(IDS[index]!, {
          replicas,
          strategies: [strategy, { maxContainers: 12 }],
          links: targets.filter((target) => IDS.indexOf(target) < index).map((target) => link(target)),
        }),
      ),
    ),
  )
  .map((spec) => ({ ...spec, location: 'c' }));

const chain = {
  ...application(
    service('a', { strategies: ['breadthFirst'] }),
    service('b', { strategies: ['breadthFirst'], replicas: 2, links: [link('a')] }),
    service('c', { strategies: ['breadthFirst'], links: [link('b')] }),
    service('d', { strategies: ['breadthFirst'] }),
  ),
  location: 'c',
};

describe('a host that is lost', () => {
  it('has each of its containers started elsewhere once, in whatever order the controllers come to it', () =>
    fc.assert(
      fc.property(
        applications,
        fc.constantFrom(...HOSTS),
        fc.array(fc.constantFrom(...ACTORS), { maxLength: 40 }),
        (spec, lost, order) => {
          const cloud = new Cloud(spec);
          cloud.settle();
          const moved = cloud.on(lost);
          cloud.starts.clear();
          cloud.lose(lost);
          for (const actor of order) cloud.act(actor);
          cloud.settle();
          for (const name of moved) expect(cloud.starts.get(name), name).to.equal(1);
          expect(cloud.state.list('pending')).to.deep.equal([]);
          expect(cloud.on(lost)).to.deep.equal([]);
        },
      ),
      {
        numRuns: 300,
        // A dependent that runs on goes over to another replica, takes the turn, and finds that that one will be replaced.
        examples: [[chain, 'h1', []]],
      },
    ));
});
