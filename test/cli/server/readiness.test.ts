import { expect } from 'chai';
import { readiness } from '../../../cli/server/readiness.ts';

const prefix = (name: string, ageMs: number, lastFailure?: string) => ({
  ...{ prefix: name, synced: true, revision: 7, lists: 1, watches: 1, ageMs },
  ...(lastFailure !== undefined && { lastFailure }),
});
const running = { ready: true, why: '' };

describe('the readiness of a process', () => {
  for (const [sentence, process, health, expected] of [
    ['is there while etcd is heard', running, [prefix('hosts/', 14_999), prefix('apps/', 29_999)], running],
    ['does not mind a failure that is over', running, [prefix('hosts/', 10, 'connection refused')], running],
    [
      'ends when nothing was heard for 30 s, with the reason',
      running,
      [prefix('hosts/', 30_000, 'connection refused'), prefix('apps/', 10)],
      { ready: false, why: 'nothing heard from etcd about hosts/ for 30 s: connection refused' },
    ],
    [
      'names what is oldest',
      running,
      [prefix('hosts/', 31_000), prefix('apps/', 95_900)],
      { ready: false, why: 'nothing heard from etcd about apps/ for 95 s' },
    ],
    [
      'is not there before the process says so',
      { ready: false, why: 'stopping' },
      [prefix('hosts/', 95_000)],
      { ready: false, why: 'stopping' },
    ],
  ] as const)
    it(sentence, () => expect(readiness(process, health)).to.deep.equal(expected));
});
