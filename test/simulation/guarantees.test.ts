import { expect } from 'chai';
import { keyspace } from '../../lib/store/index.ts';
import { brokenByLanding, check, Ledger } from '../invariants/index.ts';

const keys = keyspace();

/** A ledger, with what a test needs to fill it. */
class Story {
  now = 0;
  readonly ledger = new Ledger(keys, () => this.now);
  #revision = 1;

  /** @returns the revision */
  put(key: string, value: object | string): number {
    const revision = ++this.#revision;
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    const change = { key: `${keys.prefix}/${key}`, createRevision: revision, modRevision: revision };
    this.ledger.apply({ ...change, value: Buffer.from(text) });
    return revision;
  }

  delete(key: string): void {
    this.ledger.apply({ key: `${keys.prefix}/${key}`, createRevision: 0, modRevision: ++this.#revision });
  }

  broken(): string[] {
    return check(this.ledger);
  }
}

describe('guarantee 4, as code', () => {
  const landing = {
    controller: 'placement',
    replica: 'r-1',
    written: [`${keys.prefix}/assignments/h-1/default/shop/s0-0`],
  };
  const lead = (createRevision: number) => ({ key: `${keys.prefix}/leaders/placement`, createRevision });
  let story: Story;
  let won: number;
  beforeEach(() => {
    story = new Story();
    won = story.put('leaders/placement', { identity: 'r-1/nonce', since: '' });
  });

  it('holds for who leads', () =>
    expect(brokenByLanding(story.ledger, { ...landing, lead: lead(won) })).to.deep.equal([]));

  it('is broken by who compares no lead', () =>
    expect(brokenByLanding(story.ledger, landing).join()).to.match(/^guarantee 4, .*compared no leader's key/));

  it('is broken by a process that leads again, in the name of its former lead', () =>
    expect(brokenByLanding(story.ledger, { ...landing, lead: lead(won - 1) }).join()).to.match(/^guarantee 4, /));

  it('is broken in the name of somebody else’s lead', () =>
    expect(brokenByLanding(story.ledger, { ...landing, replica: 'r-10', lead: lead(won) })).to.have.length(1));

  it('is broken where nobody leads any more', () => {
    story.delete('leaders/placement');
    expect(brokenByLanding(story.ledger, { ...landing, lead: lead(won) }).join()).to.contain('nobody leads');
  });

  it('asks no lead of events', () =>
    expect(brokenByLanding(story.ledger, { ...landing, written: [`${keys.prefix}/events/x`] })).to.deep.equal([]));
});

describe('guarantee 5, as code', () => {
  const spec = { services: [{ id: 's0', replicas: 1, links: [] }] };
  const refused = (generation: number) => ({
    conditions: [{ type: 'Accepted', status: 'False', reason: 'Invalid', observedGeneration: generation }],
  });
  let story: Story;
  let written: number;
  beforeEach(() => {
    story = new Story();
    written = story.put('applications/default/shop', 'services: […]');
    story.put('accepted/applications/default/shop', { generation: written, uid: written, spec });
    story.put('containers/default/shop/s0-0', { uid: written });
    expect(story.broken()).to.deep.equal([]);
  });

  it('is broken by who writes over a user', () => {
    const landing = {
      controller: 'application',
      replica: 'r-1',
      written: [`${keys.prefix}/applications/default/shop`],
    };
    expect(brokenByLanding(story.ledger, landing).join()).to.match(/guarantee 5, what a user wrote is never changed/);
  });

  const breaches: [what: string, happens: () => void][] = [
    ['drops what was accepted', () => story.delete('accepted/applications/default/shop')],
    [
      'deletes it although its user did not',
      () =>
        story.put('accepted/applications/default/shop', { generation: written, uid: written, spec, deleting: 'now' }),
    ],
    [
      'changes what was accepted by itself',
      () =>
        story.put('accepted/applications/default/shop', { generation: written, uid: written, spec: { services: [] } }),
    ],
    ['accepts what it refuses', () => story.put('status/applications/default/shop', refused(written))],
    ['takes a container away', () => story.delete('containers/default/shop/s0-0')],
  ];
  for (const [what, happens] of breaches)
    it(`is broken by who ${what}`, () => {
      happens();
      expect(story.broken().join()).to.match(/^guarantee 5, /);
    });

  it('holds when the user deletes', () => {
    story.delete('applications/default/shop');
    story.put('accepted/applications/default/shop', { generation: written, uid: written, spec, deleting: 'now' });
    story.delete('containers/default/shop/s0-0');
    story.delete('accepted/applications/default/shop');
    expect(story.broken()).to.deep.equal([]);
  });
});

describe('guarantee 8, as code', () => {
  const MINUTE = 60_000;
  const host = (more: object) => ({
    ...{ cloud: 'c', prepared: 'x', lost: false, gone: false, capacity: { cpus: 4, memory: 4 } },
    conditions: [{ type: 'Reachable', status: 'False' }],
    ...more,
  });
  const cloud = (silent: number, of: number): Story => {
    const story = new Story();
    for (let i = 0; i < of; i++) {
      story.put(`hosts/c/h-${i}`, host({}));
      if (i < silent) story.ledger.hears(`h-${i}`, 'nothing');
    }
    story.now += 2 * MINUTE;
    expect(story.broken()).to.deep.equal([]);
    return story;
  };

  const table: [silent: number, of: number, breaks: 'is broken' | 'holds'][] = [
    [1, 1, 'holds'],
    [2, 2, 'holds'],
    [3, 3, 'is broken'],
    [3, 7, 'is broken'],
    [3, 8, 'holds'],
    [4, 10, 'holds'],
    [5, 10, 'is broken'],
  ];
  for (const [silent, of, outcome] of table)
    it(`${outcome} when one is declared lost while ${silent} of ${of} are silent`, () => {
      const story = cloud(silent, of);
      story.put('hosts/c/h-0', host({ lost: true }));
      expect(story.broken()).to.have.length(outcome === 'holds' ? 0 : 1);
    });

  it('is broken also when the lost are given back in the same moment', () => {
    const story = cloud(3, 3);
    for (const name of ['h-0', 'h-1', 'h-2']) story.put(`hosts/c/${name}`, host({ lost: true, removing: true }));
    expect(story.broken()).to.have.length(1);
  });

  it('holds when the location reports the machine gone', () => {
    const story = cloud(3, 3);
    story.put('hosts/c/h-0', host({ lost: true, gone: true }));
    expect(story.broken()).to.deep.equal([]);
  });

  it('holds when the others answer again', () => {
    const story = cloud(3, 3);
    for (const other of ['h-1', 'h-2']) story.ledger.hears(other, 'answers');
    story.put('hosts/c/h-0', host({ lost: true }));
    expect(story.broken()).to.deep.equal([]);
  });
});
