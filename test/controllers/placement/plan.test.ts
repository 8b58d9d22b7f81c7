import { expect } from 'chai';
import fc from 'fast-check';
import type { HostRecord } from '../../../lib/records/index.ts';
import { State } from '../../harness/state.ts';
import { assigned, assignment, container, GIB, host, observed, round, settle } from './support.ts';

const WEB = 'default/shop/web-0';

describe('the plan of placement', () => {
  it('assigns a new container and guards against a host that leaves, a container that goes and an incarnation that is still there', () => {
    const state = new State({ hosts: { 'c/h1': host() }, containers: { [WEB]: container() } });
    const [unit] = round(state).units;
    expect(unit?.guards).to.deep.equal([
      { unchanged: 'schedulable', id: 'c' },
      { unchanged: 'accepted/dockerclouds', id: 'c' },
      { unchanged: 'containers', id: WEB, at: state.get('containers', WEB)?.modRevision },
      { absent: 'observed', id: `h1/${WEB}` },
    ]);
    expect(assigned(settle(state))).to.deep.equal([`h1/${WEB}`]);
    expect(state.get('assignments', `h1/${WEB}`)?.value.uid).to.match(/^[a-z][a-z0-9]{19}$/);
  });

  it('says why nothing fits, and takes that back when something does', () => {
    const state = new State({
      hosts: { 'c/h1': host({ schedulable: false, phase: 'Preparing' }) },
      containers: { [WEB]: container() },
    });
    settle(state);
    expect(state.get('pending', WEB)?.value).to.deep.include({
      message: 'no host fits: 1 of 1 are not ready (Preparing)',
      rejected: { schedulable: 1 },
    });
    settle(state.put({ hosts: { 'c/h1': host() } }));
    expect(assigned(state)).to.deep.equal([`h1/${WEB}`]);
    expect(state.list('pending')).to.have.length(0);
  });

  it('takes turns also after a round whose assignments one transaction wrote', () => {
    const strategies = ['breadthFirst'];
    const state = new State({
      hosts: { 'c/h1': host(), 'c/h2': host(), 'c/h3': host() },
      containers: { 'default/shop/b-0': container({ strategies }), 'default/shop/c-0': container({ strategies }) },
    });
    state.apply({ writes: round(state).units.flatMap(({ writes }) => writes) });
    settle(state.put({ containers: { 'default/shop/a-0': container({ strategies }) } }));
    expect(assigned(state)).to.deep.equal(['h1/default/shop/b-0', 'h2/default/shop/c-0', 'h3/default/shop/a-0']);
  });

  it('keeps the time since when a container waits', () => {
    const state = new State({ containers: { [WEB]: container() } });
    settle(state);
    const since = state.get('pending', WEB)?.value.since;
    for (const unit of round(state, 60_000).units) state.apply(unit);
    expect(state.get('pending', WEB)?.value.since).to.equal(since);
  });

  it('replaces a changed container stop-first: nothing new before the old is observed gone', () => {
    const state = new State({
      hosts: { 'c/h1': host(), 'c/h2': host() },
      containers: { [WEB]: container({ spec: 'spec-2' }) },
      assignments: { [`h1/${WEB}`]: assignment() },
      observed: { [`h1/${WEB}`]: observed() },
    });
    expect(assigned(settle(state))).to.deep.equal([]);
    settle(state.delete('observed', `h1/${WEB}`));
    expect(state.list('assignments').map(({ value }) => value.spec)).to.deep.equal(['spec-2']);
  });

  it('says what a container from another cloud waits for, and takes it when its host there is lost', () => {
    const state = settle(
      new State({
        hosts: { 'c/h1': host(), 'd/h2': host({ cloud: 'd' }) },
        containers: { [WEB]: container() },
        observed: { [`h2/${WEB}`]: observed() },
      }),
    );
    expect(assigned(state)).to.deep.equal([]);
    expect(state.get('pending', WEB)?.value).to.deep.include({
      message: 'moves here from d; waits until h2 has stopped it, or is lost',
      rejected: { formerHost: 1 },
    });
    settle(state.put({ hosts: { 'd/h2': host({ cloud: 'd', lost: true, schedulable: false }) } }));
    expect(assigned(state)).to.deep.equal([`h1/${WEB}`]);
    expect(state.list('pending')).to.deep.equal([]);
  });

  it('lets an assignment follow a change that needs no new container', () => {
    const state = new State({
      hosts: { 'c/h1': host() },
      assignments: { [`h1/${WEB}`]: assignment() },
      containers: { [WEB]: container() },
    });
    settle(state);
    expect(state.get('assignments', `h1/${WEB}`)?.value).to.deep.include({
      uid: 'aaaaaaaaaaaaaaaaaaaa',
      containerRevision: state.get('containers', WEB)?.modRevision,
    });
  });

  it('deletes the assignment of a container that is not wanted any more', () => {
    const state = new State({ hosts: { 'c/h1': host() }, assignments: { [`h1/${WEB}`]: assignment() } });
    expect(assigned(settle(state))).to.deep.equal([]);
  });

  it('moves off a lost host in one transaction that compares the host', () => {
    const state = new State({
      hosts: { 'c/h1': host({ lost: true }), 'c/h2': host() },
      containers: { [WEB]: container() },
      assignments: { [`h1/${WEB}`]: assignment() },
      observed: { [`h1/${WEB}`]: observed() },
    });
    const [unit] = round(state).units;
    expect(unit?.writes).to.have.length(2);
    expect(unit?.guards).to.deep.include({
      unchanged: 'hosts',
      id: 'c/h1',
      at: state.get('hosts', 'c/h1')?.modRevision,
    });
    expect(assigned(settle(state))).to.deep.equal([`h2/${WEB}`]);
  });

  it('stays on a lost host while nothing else fits, and leaves one that is gone', () => {
    const records = (fields: Partial<HostRecord>) => ({
      hosts: { 'c/h1': host(fields) },
      containers: { [WEB]: container() },
      assignments: { [`h1/${WEB}`]: assignment() },
    });
    expect(assigned(settle(new State(records({ lost: true }))))).to.deep.equal([`h1/${WEB}`]);
    expect(assigned(settle(new State(records({ lost: true, gone: true }))))).to.deep.equal([]);
  });

  it('leaves a draining host as soon as there is room elsewhere', () => {
    const state = new State({
      hosts: { 'c/h1': host({ drain: true }) },
      containers: { [WEB]: container() },
      assignments: { [`h1/${WEB}`]: assignment() },
      observed: { [`h1/${WEB}`]: observed() },
    });
    expect(assigned(settle(state))).to.deep.equal([`h1/${WEB}`]);
    expect(assigned(settle(state.put({ hosts: { 'c/h2': host() } })))).to.deep.equal([]);
    expect(assigned(settle(state.delete('observed', `h1/${WEB}`)))).to.deep.equal([`h2/${WEB}`]);
  });

  it('takes an assignment back when its network is full, and tries again later', () => {
    const state = new State({
      hosts: { 'c/h1': host() },
      containers: { [WEB]: container() },
      assignments: { [`h1/${WEB}`]: assignment() },
      endpoints: {
        [`h1/${WEB}`]: {
          uid: 'aaaaaaaaaaaaaaaaaaaa',
          interfaces: [],
          dns: [],
          message: 'network default.shop.default is full',
        },
      },
    });
    settle(state);
    expect(assigned(state)).to.deep.equal([]);
    expect(state.get('pending', WEB)?.value).to.deep.include({
      message: 'network default.shop.default is full',
      rejected: { network: 1 },
    });
    expect(round(state).recheck).to.be.above(0);
    const later = round(state, 10_000);
    expect(
      later.units.flatMap(({ writes }) => writes.map((write) => ('put' in write ? write.put : write.delete))),
    ).to.include('assignments');
  });

  it('tries again at once when a full network is given room', () => {
    const network = {
      ...{ uid: 1, cloud: '', cidr: '10.9.0.0/28', gateway: '169.254.1.1', pools: ['full'], blockSize: 30, dns: [] },
      ...{ provider: 'linux' as const, used: 16, capacity: 16 },
    };
    const state = new State({
      hosts: { 'c/h1': host() },
      containers: { [WEB]: container({ networks: ['full'] }) },
      networks: { full: network },
    });
    settle(state);
    expect(state.get('pending', WEB)?.value).to.deep.include({
      message: 'no host fits: 1 of 1 cannot help: network full is full',
      rejected: { network: 1 },
    });
    settle(state.put({ networks: { full: { ...network, capacity: 32 } } }));
    expect(assigned(state)).to.deep.equal([`h1/${WEB}`]);
    expect(state.list('pending')).to.deep.equal([]);
  });

  it('does not give away a host port that a container on its way out still holds', () => {
    const state = new State({
      hosts: { 'c/h1': host() },
      containers: { [WEB]: container({ ports: [{ port: 80, protocol: 'tcp', host: 80 }] }) },
      observed: { 'h1/default/old/web-0': observed({ uid: 'bbbbbbbbbbbbbbbbbbbb', ports: { '80/tcp': 80 } }) },
    });
    settle(state);
    expect(state.get('pending', WEB)?.value.message).to.equal('no host fits: 1 of 1 have port 80/tcp taken');
  });

  it('settles whatever the hosts and containers are, within every limit', () => {
    const hosts = fc.array(
      fc.record({
        schedulable: fc.boolean(),
        drain: fc.boolean(),
        lost: fc.boolean(),
        containers: fc.integer({ min: 0, max: 4 }),
      }),
      { maxLength: 4 },
    );
    const containers = fc.array(
      fc.record({
        cpus: fc.constantFrom(0, 1, 3),
        host: fc.option(fc.constantFrom(0, 80)),
        cloud: fc.constantFrom('c', 'c', 'd'),
      }),
      { maxLength: 10 },
    );
    fc.assert(
      fc.property(hosts, containers, (hostList, containerList) => {
        const state = new State();
        hostList.forEach(({ containers: limit, ...fields }, i) => {
          state.put({
            hosts: { [`c/h${i}`]: host({ ...fields, capacity: { cpus: 4, memory: GIB, containers: limit } }) },
          });
        });
        containerList.forEach(({ cpus, host: port, cloud }, i) => {
          const ports = port === null ? [] : [{ port: 80, protocol: 'tcp' as const, host: port }];
          state.put({
            containers: { [`default/shop/web-${i}`]: container({ cloud, ports, resources: { cpus, memory: 0 } }) },
          });
        });
        settle(state);
        for (const { id, value } of state.list('hosts')) {
          const name = id.slice(2);
          const there = state.list('assignments', name);
          expect(there.length).to.be.at.most(
            value.schedulable && !value.drain && !value.lost ? value.capacity.containers! : 0,
          );
          expect(there.reduce((sum, each) => sum + each.value.reserved.cpus, 0)).to.be.at.most(4);
          const ports = there.flatMap((each) => each.value.reserved.ports.map((bound) => bound.host));
          expect(new Set(ports).size).to.equal(ports.length);
        }
        for (const { id, value } of state.list('containers')) {
          const count = state.by('assignments', 'container', id).length;
          expect(count).to.be.at.most(value.cloud === 'c' ? 1 : 0);
          expect(count === 1 || value.cloud !== 'c').to.equal(state.get('pending', id) === undefined);
        }
      }),
    );
  });
});
