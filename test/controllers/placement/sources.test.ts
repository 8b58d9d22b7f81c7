import { expect } from 'chai';
import { RESOLUTION_MS } from '../../../controllers/placement/sources.ts';
import { State } from '../../harness/state.ts';
import { assigned, assignment, container, host, observed, round, settle } from './support.ts';

const DB = 'default/shop/db-0';
const API = 'default/shop/api-0';
const WEB = 'default/shop/web-0';
const OLD: Record<string, string> = {
  [DB]: 'dddddddddddddddddddd',
  [API]: 'aaaaaaaaaaaaaaaaaaaa',
  [WEB]: 'wwwwwwwwwwwwwwwwwwww',
};

const db = container({ service: 'db' });
/** Resolved from `db-0` as it was before anything happened. */
const web = container({ resolvedFrom: { 'db-0': OLD[DB]! } });

/** Where each container of an application runs; every host that is named, and those given, stands. */
function running(where: Record<string, string>, hosts: Parameters<State['put']>[0]['hosts']): State {
  const state = new State({ hosts: { ...hosts }, containers: { [DB]: db, [WEB]: web } });
  for (const [id, on] of Object.entries(where)) {
    const uid = OLD[id]!;
    state.put({
      assignments: { [`${on}/${id}`]: assignment({ uid }) },
      observed: { [`${on}/${id}`]: observed({ uid }) },
    });
  }
  return state;
}

const uidOf = (state: State, id: string) => state.by('assignments', 'container', id)[0]?.value.uid ?? '';
/** The application controller has seen the target up, and writes the record with what is new. */
const resolve = (state: State, spec = 'spec-2') =>
  state.put({ containers: { [WEB]: { ...web, spec, resolvedFrom: { 'db-0': uidOf(state, DB) } } } });

describe('a container whose record speaks of an incarnation that is gone', () => {
  const lost = { 'c/h1': host({ lost: true }), 'c/h2': host(), 'c/h3': host() };

  it('waits with its replacement until its record is resolved anew, and then starts once', () => {
    const state = settle(running({ [DB]: 'h1', [WEB]: 'h1' }, lost));
    expect(assigned(state)).to.deep.equal([`h1/${WEB}`, `h2/${DB}`]);
    expect(state.get('pending', WEB)?.value).to.deep.include({
      message: 'waits for db-0 to be up again: what it was told of the one that is gone holds no more',
      rejected: { links: 3 },
      outdated: { successors: { 'db-0': uidOf(state, DB) }, since: '2026-01-01T00:00:00.000Z' },
    });
    settle(resolve(state), 60_000);
    expect(assigned(state)).to.have.length(2);
    expect(state.by('assignments', 'container', WEB)[0]?.value.spec).to.equal('spec-2');
    expect(state.list('pending')).to.deep.equal([]);
  });

  it('starts with the record that it has where that only names another incarnation', () => {
    const state = settle(running({ [DB]: 'h1', [WEB]: 'h1' }, lost));
    settle(resolve(state, web.spec));
    expect(state.by('assignments', 'container', WEB)[0]?.value).to.deep.include({ spec: web.spec, cloud: 'c' });
    expect(assigned(state)).not.to.include(`h1/${WEB}`);
  });

  it('is not placed in the very round that places its target', () => {
    const { units } = round(running({ [DB]: 'h1', [WEB]: 'h1' }, lost));
    const put = units.flatMap(({ writes }) => writes.flatMap((write) => ('put' in write ? [write.put] : [])));
    expect(put.sort()).to.deep.equal(['assignments', 'pending']);
  });

  for (const [what, change] of [
    ['its host is lost', (state: State) => state.put({ hosts: { 'c/h1': host({ lost: true }) } })],
    ['its host is gone', (state: State) => state.put({ hosts: { 'c/h1': host({ lost: true, gone: true }) } })],
    ['its host has no record any more', (state: State) => state.delete('hosts', 'c/h1')],
    ['it changes', (state: State) => state.put({ containers: { [DB]: { ...db, spec: 'spec-2' } } })],
    ['it goes to another cloud', (state: State) => state.put({ containers: { [DB]: { ...db, cloud: 'd' } } })],
    ['it is wanted no more', (state: State) => state.delete('containers', DB)],
    ['it was taken back', (state: State) => state.delete('assignments', `h1/${DB}`)],
  ] as const) {
    it(`waits when its target is about to go: ${what}`, () => {
      const state = running({ [DB]: 'h1' }, { 'c/h1': host(), 'c/h2': host() });
      const first = round(change(state));
      for (const unit of first.units) state.apply(unit);
      expect(state.by('assignments', 'container', WEB)).to.deep.equal([]);
      expect(first.recheck).to.equal(RESOLUTION_MS);
      settle(state);
      expect(state.by('assignments', 'container', WEB)).to.deep.equal([]);
    });
  }

  for (const [what, hosts, where] of [
    ['runs on', { 'c/h1': host({ lost: true }), 'c/h2': host() }, { [DB]: 'h2', [WEB]: 'h1' }],
    [
      'runs on, on a host that nothing new goes to',
      { 'c/h1': host(), 'c/h2': host({ schedulable: false }) },
      { [DB]: 'h2' },
    ],
  ] as const) {
    it(`moves at once where its target ${what}`, () => {
      const state = settle(running(where, hosts));
      expect(state.by('assignments', 'container', WEB).map(({ id }) => id)).to.have.length(1);
      expect(assigned(state)).not.to.include(`h1/${DB}`);
      expect(state.list('pending')).to.deep.equal([]);
    });
  }

  it('waits for a target that the same round takes off a draining host', () => {
    const state = running({ [DB]: 'h1' }, { 'c/h1': host({ drain: true, schedulable: false }), 'c/h2': host() });
    for (const unit of round(state).units) state.apply(unit);
    expect(assigned(state)).to.deep.equal([]);
    expect(state.get('pending', WEB)?.value.outdated?.successors).to.deep.equal({ 'db-0': '' });
  });

  it('waits for a target that the same round takes back as its network is full', () => {
    const state = running({ [DB]: 'h1' }, { 'c/h1': host(), 'c/h2': host() });
    state.put({ endpoints: { [`h1/${DB}`]: { uid: OLD[DB]!, interfaces: [], dns: [], message: 'n is full' } } });
    for (const unit of round(state).units) state.apply(unit);
    expect(assigned(state)).to.deep.equal([]);
  });

  it('is moved off a lost host after its target on a draining one was looked at, whatever their names', () => {
    const hosts = { 'c/h1': host({ lost: true }), 'c/h2': host({ drain: true, schedulable: false }), 'c/h3': host() };
    const state = running({ [WEB]: 'h1', [DB]: 'h2' }, hosts);
    for (const unit of round(state).units) state.apply(unit);
    expect(assigned(state), 'the one stays on the lost host').to.deep.equal([`h1/${WEB}`]);
  });

  it('is assigned only as long as its target is', () => {
    const state = running({ [DB]: 'h1' }, { 'c/h1': host(), 'c/h2': host() });
    state.put({ assignments: { [`h1/${DB}`]: assignment({ uid: OLD[DB]!, containerRevision: 0 }) } });
    const first = round(state);
    expect(
      first.units.flatMap(({ writes }) => writes.map(({ id }) => id)),
      'rewritten in this round',
    ).to.deep.equal([`h1/${DB}`]);
    for (const unit of first.units) state.apply(unit);
    const [next] = round(state).units;
    expect(next?.guards).to.deep.include({
      unchanged: 'assignments',
      id: `h1/${DB}`,
      at: state.get('assignments', `h1/${DB}`)?.modRevision,
    });
    state.delete('assignments', `h1/${DB}`);
    expect(() => next && state.apply(next)).to.throw('changed');
  });

  it('runs on where it runs, whatever becomes of its target', () => {
    const state = running({ [DB]: 'h1', [WEB]: 'h2' }, lost);
    expect(assigned(settle(state))).to.include(`h2/${WEB}`);
    expect(uidOf(state, WEB)).to.equal(OLD[WEB]);
  });

  it('stays where it was when its host comes back first', () => {
    const state = settle(running({ [DB]: 'h1', [WEB]: 'h1' }, lost));
    settle(state.put({ hosts: { 'c/h1': host() } }));
    expect(uidOf(state, WEB)).to.equal(OLD[WEB]);
    expect(state.list('pending')).to.deep.equal([]);
  });

  it('leaves a host that is gone while it waits, which keeps that host’s record no longer', () => {
    const state = settle(
      running({ [DB]: 'h1', [WEB]: 'h1' }, { 'c/h1': host({ lost: true, gone: true }), 'c/h2': host() }),
    );
    expect(assigned(state)).to.deep.equal([`h2/${DB}`]);
    expect(state.get('pending', WEB)?.value.rejected).to.deep.equal({ links: 2 });
  });

  describe('that is never resolved anew', () => {
    it('starts as it was, five minutes after its target was assigned', () => {
      const state = settle(running({ [DB]: 'h1', [WEB]: 'h1' }, lost));
      expect(round(state, 60_000).recheck).to.equal(RESOLUTION_MS - 60_000);
      expect(assigned(settle(state, RESOLUTION_MS - 1))).to.include(`h1/${WEB}`);
      settle(state, RESOLUTION_MS);
      expect(assigned(state)).not.to.include(`h1/${WEB}`);
      expect(state.by('assignments', 'container', WEB)).to.have.length(1);
      expect(state.list('pending')).to.deep.equal([]);
    });

    it('begins to wait again when its target is assigned late, so that a shortage of hosts makes nobody start twice', () => {
      const state = settle(running({ [DB]: 'h1', [WEB]: 'h1' }, { 'c/h1': host({ lost: true }) }));
      settle(state, 2 * RESOLUTION_MS);
      expect(state.get('pending', WEB)?.value).to.deep.include({ message: 'no host fits: 1 of 1 are lost' });
      settle(state.put({ hosts: { 'c/h2': host() } }), 3 * RESOLUTION_MS);
      expect(assigned(state)).to.deep.equal([`h1/${WEB}`, `h2/${DB}`]);
      settle(state, 4 * RESOLUTION_MS);
      expect(assigned(state)).to.deep.equal([`h2/${DB}`, `h2/${WEB}`]);
    });

    it('waits no longer for a clock that was set back', () => {
      const state = settle(running({ [DB]: 'h1', [WEB]: 'h1' }, lost), 24 * 60 * 60_000);
      settle(state);
      expect(assigned(settle(state, RESOLUTION_MS))).not.to.include(`h1/${WEB}`);
    });

    it('starts also where two wait for each other', () => {
      const state = running({ [DB]: 'h1', [WEB]: 'h1' }, lost);
      settle(state.put({ containers: { [DB]: { ...db, resolvedFrom: { 'web-0': OLD[WEB]! } } } }));
      expect(assigned(state)).to.deep.equal([`h1/${DB}`, `h1/${WEB}`]);
      settle(state, RESOLUTION_MS);
      settle(state, 2 * RESOLUTION_MS);
      expect(assigned(state).map((id) => id.slice(0, 2))).not.to.include('h1');
    });
  });

  it('waits also where its target runs on with what it was told of the one that is gone: that will be replaced', () => {
    const api = container({ service: 'api', resolvedFrom: { 'db-0': OLD[DB]! } });
    const state = running({ [DB]: 'h1', [API]: 'h2', [WEB]: 'h1' }, lost);
    state.put({ containers: { [API]: api, [WEB]: { ...web, resolvedFrom: { 'api-0': OLD[API]! } } } });
    expect(assigned(settle(state))).to.deep.equal([`h1/${WEB}`, `h2/${API}`, `h2/${DB}`]);
    settle(state.put({ containers: { [API]: { ...api, resolvedFrom: { 'db-0': uidOf(state, DB) } } } }));
    expect(assigned(state), 'it stays after all').to.deep.equal([`h2/${API}`, `h2/${DB}`, `h2/${WEB}`]);
  });

  it('waits for the one before it in a chain, which waits for the first', () => {
    const api = container({ service: 'api', resolvedFrom: { 'db-0': OLD[DB]! } });
    const state = running({ [DB]: 'h1', [API]: 'h1', [WEB]: 'h1' }, lost);
    state.put({ containers: { [API]: api, [WEB]: { ...web, resolvedFrom: { 'api-0': OLD[API]! } } } });
    expect(assigned(settle(state))).to.deep.equal([`h1/${API}`, `h1/${WEB}`, `h2/${DB}`]);
    const late = RESOLUTION_MS - 1;
    settle(
      state.put({ containers: { [API]: { ...api, spec: 'spec-2', resolvedFrom: { 'db-0': uidOf(state, DB) } } } }),
      late,
    );
    expect(assigned(state)).to.deep.equal([`h1/${WEB}`, `h2/${API}`, `h2/${DB}`]);
    expect(assigned(settle(state, late + RESOLUTION_MS - 1))).to.include(`h1/${WEB}`);
  });
});
