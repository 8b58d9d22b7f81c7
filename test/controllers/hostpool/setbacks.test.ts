import { expect } from 'chai';
import { Setbacks } from '../../../controllers/hostpool/setbacks.ts';
import { seededRandom } from '../../../lib/platform/index.ts';

describe('what failed at a host', () => {
  const random = seededRandom(1);

  it('is tried again ever later, but within minutes', () => {
    const setbacks = new Setbacks();
    const waits = Array.from({ length: 20 }, () => setbacks.failed('h', 1, random));
    expect(waits[0]).to.be.within(200, 250);
    expect(waits[3]).to.be.within(1600, 2000);
    expect(Math.max(...waits)).to.be.at.most(150_000);
  });

  it('says nothing about another record, nor about another host, nor once it went well', () => {
    const setbacks = new Setbacks();
    for (let i = 0; i < 20; i++) setbacks.failed('h', 1, random);
    expect(setbacks.failed('i', 1, random)).to.be.at.most(250);
    expect(setbacks.failed('h', 2, random)).to.be.at.most(250);
    for (let i = 0; i < 20; i++) setbacks.failed('h', 2, random);
    setbacks.succeeded('h');
    expect(setbacks.failed('h', 2, random)).to.be.at.most(250);
  });

  it('is not tried again for a while where an engine refused it, and at once where it is something else', () => {
    const setbacks = new Setbacks();
    setbacks.refused('h', 'bad', 1000);
    expect(setbacks.wait('h', 'bad', 'running', 1000)).to.equal(600_000);
    expect(setbacks.wait('h', 'bad', 'down', 31_000)).to.equal(30_000);
    expect(setbacks.wait('h', 'bad', 'running', 700_000)).to.equal(0);
    expect(setbacks.wait('h', 'good', 'running', 1000)).to.equal(0);
    expect(setbacks.wait('i', 'bad', 'running', 1000)).to.equal(0);
  });
});
