import { expect } from 'chai';
import * as fc from 'fast-check';
import { type RolloutHost, turnOf } from '../../../controllers/hostpool/rollout.ts';

const host = (name: string, given: Partial<RolloutHost> = {}): RolloutHost => ({
  ...{ name, current: false, failing: false, refused: false },
  ...given,
});

describe('a change that every host of a cloud gets', () => {
  for (const [what, hosts, turns] of [
    ['goes to the first host first', [host('a'), host('b')], { a: 'now', b: 'later' }],
    ['goes to the next when the one before has it', [host('a', { current: true }), host('b')], { b: 'now' }],
    [
      'stops where the one before does not answer',
      [host('a', { current: true, failing: true }), host('b')],
      { b: 'halted' },
    ],
    ['stops at the one that does not take it', [host('a'), host('b', { refused: true })], { a: 'halted', b: 'now' }],
    ['waits for one that is not well yet and has its turn', [host('a', { failing: true }), host('b')], { b: 'later' }],
  ] as const)
    it(what, () => {
      for (const [name, turn] of Object.entries(turns)) expect(turnOf(name, hosts), name).to.equal(turn);
    });

  it('is never at two hosts at once, and always at one while all that have it are well', () => {
    const flags = { current: fc.boolean(), failing: fc.boolean(), refused: fc.boolean() };
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.record({ name: fc.string(), ...flags }), { selector: ({ name }) => name }),
        (hosts) => {
          const outdated = hosts.filter(({ current }) => !current);
          const now = outdated.filter(({ name }) => turnOf(name, hosts) === 'now');
          const halted = hosts.some(({ current, failing }) => current && failing);
          expect(now.length).to.equal(halted || outdated.length === 0 ? 0 : 1);
        },
      ),
    );
  });
});
