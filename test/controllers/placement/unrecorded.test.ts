import { expect } from 'chai';
import { UNRECORDED_MS } from '../../../controllers/placement/unrecorded.ts';
import { State } from '../../harness/state.ts';
import { assigned, assignment, container, host, NOW, observed, round, settle } from './support.ts';

const WEB = 'default/shop/web-0';

/** Runs on `h1`, whose record somebody deleted. */
const withoutRecord = () =>
  new State({
    hosts: { 'c/h2': host() },
    containers: { [WEB]: container() },
    assignments: { [`h1/${WEB}`]: assignment() },
    observed: { [`h1/${WEB}`]: observed() },
  });

describe('a container on a host without a record', () => {
  it('stays there for five minutes, says so, and is started elsewhere then', () => {
    const state = settle(withoutRecord());
    expect(assigned(state)).to.deep.equal([`h1/${WEB}`]);
    expect(round(state, 60_000).recheck).to.equal(UNRECORDED_MS - 60_000);
    expect(state.get('pending', WEB)?.value.message).to.contain('h1 has no record');
    expect(assigned(settle(state, UNRECORDED_MS - 1))).to.deep.equal([`h1/${WEB}`]);
    const units = round(state, UNRECORDED_MS).units;
    expect(units.flatMap(({ guards = [] }) => guards)).to.deep.include({ absent: 'hosts', id: 'c/h1' });
    expect(assigned(settle(state, UNRECORDED_MS))).to.deep.equal([`h2/${WEB}`]);
    expect(state.list('pending')).to.deep.equal([]);
  });

  it('stays where it was when the record is made again', () => {
    const state = settle(withoutRecord());
    settle(state.put({ hosts: { 'c/h1': host() } }), 60_000);
    expect(assigned(settle(state, 2 * UNRECORDED_MS))).to.deep.equal([`h1/${WEB}`]);
    expect(state.list('pending')).to.deep.equal([]);
  });

  it('holds nothing there after that, though no other host fits, and does not wait again', () => {
    const state = withoutRecord();
    state.delete('hosts', 'c/h2');
    settle(settle(state), UNRECORDED_MS);
    expect(assigned(state)).to.deep.equal([]);
    expect(state.get('pending', WEB)?.value.message).to.contain('the cloud has no hosts');
    settle(state.put({ hosts: { 'c/h2': host() } }), UNRECORDED_MS + 1);
    expect(assigned(state)).to.deep.equal([`h2/${WEB}`]);
  });

  it('that changes waits as long, since nobody can see the one before go', () => {
    const state = settle(withoutRecord().put({ containers: { [WEB]: container({ spec: 'spec-2' }) } }));
    expect(assigned(state)).to.deep.equal([]);
    expect(assigned(settle(state, UNRECORDED_MS - 1))).to.deep.equal([]);
    expect(assigned(settle(state, UNRECORDED_MS))).to.deep.equal([`h2/${WEB}`]);
  });

  it('is taken back at once when it is wanted no more', () => {
    expect(assigned(settle(withoutRecord().delete('containers', WEB)))).to.deep.equal([]);
  });

  it('waits no longer for a clock that was set back', () => {
    const state = settle(withoutRecord(), 24 * 60 * 60_000);
    settle(state);
    expect(state.get('pending', WEB)?.value.unrecorded).to.deep.equal({ h1: new Date(NOW).toISOString() });
    expect(assigned(settle(state, UNRECORDED_MS))).to.deep.equal([`h2/${WEB}`]);
  });
});
