import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { expect } from 'chai';
import type { WatchEvent } from '../../../lib/store/index.ts';
import { Installation } from '../../harness/berth.ts';
import type { Replica } from '../../harness/replica.ts';
import { until } from '../../harness/until.ts';

const CLOUD = 'apiVersion: berth/v1\nkind: DockerCloud\nspec: { location: sandbox, hosts: { min: 2, max: 2 } }\n';
const app = (replicas: number): string =>
  `location: c\nservices:\n- { id: web, type: docker:redis:3, replicas: ${replicas}, stopGrace: 1s }\n`;

/** Seconds that a leader which died keeps the lead: of `lib/reconcile/election.ts`. */
const LEASE = 15;

describe('a leader that is stopped by SIGSTOP for twice its lease, in the middle of its work', function () {
  this.timeout(240_000);
  let berth: Installation;
  let frozen: Replica;
  let rest: { revision: number; running: string[]; fences: Map<string, number> };

  before(async () => {
    berth = await Installation.start();
    frozen = berth.replicas[0]!;
    await berth.put('dockerclouds/c', CLOUD);
    await berth.ready('dockerclouds', 'c');
  });

  after(() => berth?.close());

  it('is succeeded: what it began is finished or undone, once, without it', async () => {
    await berth.put('applications/default/old', app(8));
    await until('its effects to begin', async () => (await berth.list('observed')).length > 0, { every: 10 });
    frozen.freeze();
    const since = performance.now();
    await berth.startReplica();
    await berth.put('applications/default/new', app(2));
    await berth.delete('applications/default/old');
    await until('its successor', isSucceeded);
    await until(
      'the end of the old application',
      async () => !(await berth.get('accepted/applications', 'default/old')),
    );
    await berth.ready('applications', 'default/new');
    await berth.rest();
    await until('twice the lease to pass', () => performance.now() > since + 2 * LEASE * 1000);
    const { revision } = await berth.kv.range({ key: '/' });
    rest = { revision, running: await berth.whatRuns(), fences: await berth.fences() };
  });

  it('writes nothing once it goes on, by etcd’s history, and lands no batch on a host', async () => {
    frozen.thaw();
    await until('it to notice', async () => (await frozen.log()).includes('leads no more'));
    await until('it to follow', async () => (await fetch(`${frozen.url}/readyz`)).ok);
    // What it had under way may take as long as one batch may.
    await pause(5000);
    await berth.rest();
    const written = (await history(rest.revision + 1)).map(({ type, kv }) => `${type} ${kv.key}`);
    // It announces itself, and is given slots anew: those are leads of its own.
    expect(written.filter((each) => !/ \/berth\/v1\/(events|members|leaders)\//.test(each))).to.deep.equal([]);
    for (const [file, fence] of await berth.fences()) expect(fence, file).to.be.at.least(rest.fences.get(file) ?? 0);
  });

  it('left nothing running twice, or that nobody wants', async () => {
    expect(await berth.whatRuns()).to.deep.equal(rest.running);
    expect(rest.running).to.have.length(2);
    expect(await berth.witness.sample()).to.deep.equal([]);
  });

  /** Whether all that the frozen one led is led by somebody else. */
  async function isSucceeded(): Promise<boolean> {
    const led = new Map((await berth.list('leaders')).map(({ id, value }) => [id, value.identity]));
    // <hostname>-<pid>-<random>/<attempt>
    const isIts = (identity: string) => identity.includes(`-${frozen.pid}-`);
    return (
      ['hostpool', 'application', 'placement', 'ippool'].every((name) => led.has(name)) &&
      ![...led.values()].some(isIts)
    );
  }

  /** Every change of every key since a revision, as etcd remembers it. */
  async function history(startRevision: number): Promise<WatchEvent[]> {
    const { revision } = await berth.kv.range({ key: '/' });
    if (revision < startRevision) return [];
    const events: WatchEvent[] = [];
    const done = new EventTarget();
    const arrived = once(done, 'all', { signal: AbortSignal.timeout(10_000) });
    const watch = berth.kv.watch({
      key: '/',
      end: '0',
      startRevision,
      onEvents(some, reached) {
        events.push(...some);
        if (reached >= revision) done.dispatchEvent(new Event('all'));
      },
      onEnd() {},
    });
    await arrived;
    watch.cancel();
    return events;
  }
});
