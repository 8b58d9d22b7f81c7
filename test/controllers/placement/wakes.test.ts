import { expect } from 'chai';
import { placement } from '../../../controllers/placement/index.ts';
import { State } from '../../harness/state.ts';
import { assignment, container, host, observed } from './support.ts';

const ID = 'h1/default/shop/web-0';

describe('what wakes a round of placement', () => {
  // Its application moved: it still stands in `c`, and waits in `d` until it is gone from there.
  const state = new State({
    hosts: { 'c/h1': host() },
    containers: { 'default/shop/web-0': container({ cloud: 'd' }) },
  });

  it('wakes the cloud that a container is to move to, when what it leaves behind goes', () => {
    state.put({ assignments: { [ID]: assignment() }, observed: { [ID]: observed() } });
    const was = { assignment: state.get('assignments', ID)!, observed: state.get('observed', ID)! };
    state.delete('assignments', ID).delete('observed', ID);
    const { assignments, observed: seen } = placement.watches;
    expect(assignments?.(was.assignment, state)).to.include.members(['c', 'd']);
    expect(seen?.(was.observed, state)).to.include.members(['c', 'd']);
  });

  it('wakes the cloud that a container is to move to, when the host that it leaves changes: it may be lost', () => {
    const was = new State({
      hosts: { 'c/h1': host() },
      containers: { 'default/shop/web-0': container({ cloud: 'd' }) },
      observed: { [ID]: observed() },
    });
    const { hosts } = placement.watches;
    expect(hosts?.(was.get('hosts', 'c/h1')!, was)).to.have.members(['c', 'd']);
  });

  it('wakes the cloud of an assignment whose host has no record any more', () => {
    const was = new State({ assignments: { [ID]: assignment() } });
    expect(placement.watches.assignments?.(was.get('assignments', ID)!, was)).to.deep.equal(['c']);
  });
});
