import { expect } from 'chai';
import fc from 'fast-check';
import { afterProbe, type Health, losses, lossRules, unknown } from '../../../controllers/hostpool/health.ts';

const good = { reachable: true, engine: true, message: '' };
const bad = { reachable: false, engine: false, message: 'no answer' };
const half = { reachable: true, engine: false, message: 'no engine' };

const probed = (outcomes: (typeof good)[]): Health =>
  outcomes.reduce((health, outcome, i) => afterProbe(health, outcome, i * 1000), unknown);

describe('the health of a host', () => {
  for (const [sentence, outcomes, verdict, engine] of [
    ['is unknown before a probe', [], 'unknown', 'unknown'],
    ['answers after one answer', [good], 'answering', 'answering'],
    ['forgives two failures', [good, bad, bad], 'answering', 'answering'],
    ['fails at the third in a row', [good, bad, bad, bad], 'failing', 'failing'],
    ['is not failing when an answer came between', [good, bad, bad, good, bad, bad], 'answering', 'answering'],
    ['needs two answers to be believed again', [bad, bad, bad, good], 'failing', 'failing'],
    ['answers again after two', [bad, bad, bad, good, good], 'answering', 'answering'],
    ['knows an engine that fails on a host that answers', [good, half, half, half], 'answering', 'failing'],
  ] as const)
    it(sentence, () => expect(probed([...outcomes])).to.include({ verdict, engine }));

  it('remembers when the streak of failures began', () =>
    expect(probed([good, bad, good, bad, bad, bad]).failingSince).to.equal(3000));
});

describe('losses', () => {
  const failing = (failingSince: number): Health => ({ ...probed([bad, bad, bad]), failingSince });
  const fine = probed([good]);
  const cloud = (healths: Health[], lost: readonly number[] = []) =>
    healths.map((health, i) => ({ name: `h-${i}`, health, lost: lost.includes(i) }));
  const NOW = 100_000;

  for (const [sentence, hosts, lose, braked] of [
    ['loses nobody while all answer', cloud([fine, fine, fine]), [], false],
    ['loses a host after a minute', cloud([failing(40_000), fine, fine]), ['h-0'], false],
    ['waits for the minute to pass', cloud([failing(40_001), fine, fine]), [], false],
    ['loses the only host', cloud([failing(0)]), ['h-0'], false],
    ['loses two of two: two may fail by chance', cloud([failing(0), failing(0)]), ['h-0', 'h-1'], false],
    ['brakes at three of five', cloud([failing(0), failing(0), failing(0), fine, fine]), [], true],
    [
      'does not brake at three of eight',
      cloud([failing(0), failing(0), failing(0), fine, fine, fine, fine, fine]),
      ['h-0', 'h-1', 'h-2'],
      false,
    ],
    ['counts who is failing but not due', cloud([failing(0), failing(90_000), failing(90_000), fine, fine]), [], true],
    ['counts who was lost before', cloud([failing(0), failing(0), failing(0), fine, fine], [1, 2]), [], true],
  ] as const)
    it(sentence, () => expect(losses(hosts, NOW, lossRules)).to.deep.include({ lose: [...lose], braked }));

  it('tells when the next one is due', () =>
    expect(losses(cloud([failing(45_000), failing(50_000), fine, fine, fine]), NOW, lossRules).next).to.equal(5000));

  it('never loses anybody while more than two and more than 40 % fail', () =>
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.option(fc.nat(NOW)), fc.boolean()), { maxLength: 30 }), (drawn) => {
        const hosts = drawn.map(([since, lost], i) => ({
          name: `h-${i}`,
          lost,
          health: since === null ? fine : failing(since),
        }));
        const down = hosts.filter(({ lost, health }) => lost || health.verdict === 'failing').length;
        const { lose, braked } = losses(hosts, NOW, lossRules);
        expect(braked).to.equal(down > 2 && down > 0.4 * hosts.length);
        if (braked) expect(lose).to.deep.equal([]);
        for (const name of lose) {
          const host = hosts.find((each) => each.name === name)!;
          expect(host.lost).to.equal(false);
          expect(NOW - host.health.failingSince!).to.be.at.least(lossRules.lostAfter);
        }
      }),
    ));
});
