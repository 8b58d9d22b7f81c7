import { expect } from 'chai';
import { application } from '../../../controllers/application/index.ts';
import { integer, pick, seededRandom } from '../../../lib/platform/index.ts';
import type { ContainerRecord } from '../../../lib/records/index.ts';
import { keys } from '../../lib/reconcile/support.ts';
import { Stage } from './support.ts';

const id = 'default/shop';
const blueprint = (replicas: number, image: string) => `
location: my-docker-cloud
services:
  - { id: db, type: docker:redis:3, openPorts: 6379 }
  - { id: web, type: "docker:${image}", replicas: ${replicas}, links: { db: db } }
  - { id: api, type: "docker:${image}", replicas: 2, links: { db: db } }
`;

/** Every change of spec of a dependent that was assigned, with what was up then, as the store's history has it. */
async function turnsTaken(stage: Stage): Promise<{ changed: string; inChange: string[] }[]> {
  const turns: { changed: string; inChange: string[] }[] = [];
  const wanted = new Map<string, ContainerRecord>();
  const assigned = new Map<string, { uid: string; spec: string }>();
  const running = new Map<string, string>();
  const inChange = new Set<string>();
  const isUp = (name: string) =>
    assigned.get(name)?.spec === wanted.get(name)?.spec && running.get(name) === assigned.get(name)?.uid;
  const watch = stage.world.kv.watch({
    key: `${keys.prefix}/`,
    end: `${keys.prefix}0`,
    startRevision: 1,
    onEvents(events) {
      for (const { type, kv } of events) {
        const located = keys.parse(kv.key);
        if (!located) continue;
        const name = located.id.split('/').at(-1)!;
        const value = type === 'put' && located.kind !== 'applications' ? JSON.parse(kv.value.toString()) : undefined;
        if (located.kind === 'assignments') value ? assigned.set(name, value) : assigned.delete(name);
        if (located.kind === 'observed')
          value?.state === 'running' ? running.set(name, value.uid) : running.delete(name);
        for (const one of inChange) if (!wanted.has(one) || isUp(one)) inChange.delete(one);
        if (located.kind !== 'containers') continue;
        const before = wanted.get(name);
        if (!value) wanted.delete(name);
        else wanted.set(name, value);
        if (value && before && before.spec !== value.spec && assigned.has(name) && value.service !== 'db') {
          inChange.add(name);
          turns.push({ changed: name, inChange: [...inChange] });
        }
      }
    },
    onEnd(error) {
      throw error;
    },
  });
  await stage.rest();
  watch.cancel();
  return turns;
}

describe('the application controller under faults', () => {
  for (const seed of [1, 2, 3, 4]) {
    it(`loses nothing, doubles nothing and takes turns, with replicas and messages that get lost (seed ${seed})`, async () => {
      const random = seededRandom(seed);
      const stage = await Stage.withCloud();
      const second = stage.world.replica([application], { name: 'replica-2' });
      const fault = () =>
        random.next() < 0.2 ? pick(random, ['lost-request', 'lost-reply', 'refused'] as const) : 'none';
      for (const replica of [stage.replica, second]) replica.fault = fault;

      for (let round = 0; round < 10; round++) {
        await stage.apply(id, blueprint(1 + integer(random, 12), pick(random, ['web:1', 'web:2'])));
        for (let i = integer(random, 4); i > 0; i--) await stage.others();
        const frozen = pick(random, [stage.replica, second]);
        frozen.freeze();
        await stage.world.clock.advance(integer(random, 40_000));
        frozen.thaw();
        if (random.next() < 0.3) await stage.world.delete('assignments/h-1/default/shop/db-0');
      }
      for (const replica of [stage.replica, second]) replica.fault = () => 'none';
      await stage.apply(id, blueprint(3, 'web:3'));
      await stage.world.clock.advance(120_000);
      await stage.settle();
      expect(Object.keys(await stage.all('containers')).map((key) => key.split('/')[2])).to.deep.equal([
        ...['api-0', 'api-1', 'db-0', 'web-0', 'web-1', 'web-2'],
      ]);
      expect((await stage.status(id))?.phase).to.equal('Running');
      const turns = await turnsTaken(stage);
      expect(turns).not.to.deep.equal([]);
      for (const { changed, inChange } of turns) expect(inChange, `when ${changed} changed`).to.deep.equal([changed]);

      await stage.world.delete(`applications/${id}`);
      await stage.settle();
      const left = Object.keys(await stage.revisions()).filter((key) => key.includes('shop'));
      expect(left).to.deep.equal([]);
      await stage.stop();
      await stage.world.settle(second.stop());
    }).timeout(30_000);
  }
});
