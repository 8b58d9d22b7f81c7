import { expect } from 'chai';
import { controller } from '../../../lib/reconcile/index.ts';
import { reporterOf } from '../../../lib/store/index.ts';
import { World } from './support.ts';

/** Owns `hosts`, does nothing with them. */
const hostpool = controller({
  name: 'hostpool',
  owns: ['hosts'],
  watches: {},
  reconcile: async () => undefined,
});

const events = async (world: World) =>
  Object.values(await world.list('events')).map((event) => JSON.parse(JSON.stringify(event)));

describe('a key that is no record', () => {
  it('is told in an event of its owner, those that were there before it began to lead in one', async () => {
    const world = new World();
    await world.put('hosts/c/a/b', '{}');
    await world.put('hosts/c/h-1', '{"token": hunter2');
    const replica = world.replica([hostpool]);
    await world.clock.advance(10_000);
    expect(await events(world)).to.have.length(1);
    expect((await events(world))[0]).to.include({
      about: 'hosts',
      type: 'Warning',
      reason: 'NoRecord',
      controller: 'hostpool',
      message: '"/berth/v1/hosts/c/a/b" is no record and is left alone: 3 segments instead of 2; and 1 more',
    });

    await world.put('hosts/alone', '{}');
    await world.clock.advance(1000);
    const messages = (await events(world)).map(({ message }) => message);
    expect(messages).to.include('"/berth/v1/hosts/alone" is no record and is left alone: 1 segments instead of 2');
    expect(JSON.stringify(messages)).to.not.contain('hunter2');
    await world.settle(replica.stop());
  });

  it('is told again while it stands, since events expire, and no more when it is gone', async () => {
    const world = new World();
    const replica = world.replica([hostpool]);
    await world.put('hosts/alone', '{}');
    await world.clock.advance(60 * 60_000);
    expect((await events(world))[0]?.count).to.be.within(5, 8);
    await world.delete('hosts/alone');
    await world.clock.advance(2 * 60 * 60_000);
    expect(await events(world)).to.deep.equal([]);
    await world.settle(replica.stop());
  });

  it('makes few events, however many there are', async () => {
    const world = new World();
    const replica = world.replica([hostpool]);
    await world.clock.advance(10_000);
    for (let i = 0; i < 200; i++) await world.put(`hosts/stray-${i}`, '{}');
    await world.clock.advance(60_000);
    expect(await events(world)).to.have.length.within(1, 12);
    await world.settle(replica.stop());
  });

  it('is not told by another controller', async () => {
    const world = new World();
    const replica = world.replica([hostpool]);
    await world.put('containers/default/shop', '{}');
    await world.put('nothing/of/ours', '{}');
    await world.clock.advance(10_000);
    expect(await events(world)).to.deep.equal([]);
    await world.settle(replica.stop());
  });

  for (const [kind, controller] of [
    ['hosts', 'hostpool'],
    ['dockerclouds', 'hostpool'],
    ['virtualnetworks', 'ippool'],
    ['observed', 'container'],
    ['leaders', 'application'],
    ['secrets', 'application'],
    [undefined, 'application'],
  ] as const)
    it(`is reported by ${controller} below ${kind ?? 'no collection'}`, () =>
      expect(reporterOf(kind ? { kind } : {})).to.equal(controller));
});
