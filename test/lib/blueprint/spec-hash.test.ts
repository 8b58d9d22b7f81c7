import { expect } from 'chai';
import fc from 'fast-check';
import { canonical, specHash } from '../../../lib/blueprint/index.ts';
import type { ContainerRecord } from '../../../lib/records/index.ts';

const record: Omit<ContainerRecord, 'spec'> = {
  uid: 7,
  cloud: 'my-cloud',
  service: 'redis',
  image: 'redis:3',
  env: { A: '1', B: '2' },
  labels: {},
  resources: { cpus: 0, memory: 0 },
  ports: [{ port: 6379, protocol: 'tcp', host: 0 }],
  networks: ['default.shop.default'],
  volumes: [],
  extraHosts: [],
  restart: 'unless-stopped',
  stopGrace: 10,
  run: true,
  update: 'stop-first',
  strategies: [],
};

describe('specHash', () => {
  // A new version of berth must not recreate what runs. This hash may change only with a line in the changelog.
  it('is the same in every version', () => expect(specHash(record)).to.equal('bd99f5878fe30832'));

  it('does not depend on the order of keys', () => {
    const turned = { ...Object.fromEntries(Object.entries(record).reverse()), ...record, env: { B: '2', A: '1' } };
    expect(specHash(turned)).to.equal(specHash(record));
  });

  for (const [field, more] of Object.entries({
    uid: { uid: 8 },
    service: { service: 'x' },
    run: { run: false },
    update: { update: 'start-first' },
    strategies: { strategies: ['random'] },
    resolvedFrom: { resolvedFrom: { 'db-0': 'u1' } },
  } satisfies Record<string, Partial<ContainerRecord>>)) {
    it(`is not touched by ${field}`, () => expect(specHash({ ...record, ...more })).to.equal(specHash(record)));
  }

  for (const [field, more] of Object.entries({
    cloud: { cloud: 'x' },
    image: { image: 'redis:4' },
    command: { command: [] },
    entrypoint: { entrypoint: ['x'] },
    user: { user: 'x' },
    env: { env: { A: '1' } },
    labels: { labels: { a: 'b' } },
    resources: { resources: { cpus: 0.5, memory: 0 } },
    ports: { ports: [] },
    networks: { networks: ['x'] },
    volumes: { volumes: [{ source: 'a', target: '/a', readOnly: true }] },
    extraHosts: { extraHosts: [{ name: 'a', address: '10.0.0.1' }] },
    healthCheck: { healthCheck: { test: ['NONE'], interval: 1, timeout: 1, retries: 1, startPeriod: 0 } },
    restart: { restart: 'always' },
    stopGrace: { stopGrace: 11 },
  } satisfies Record<string, Partial<ContainerRecord>>)) {
    it(`changes with ${field}`, () => expect(specHash({ ...record, ...more })).not.to.equal(specHash(record)));
  }
});

describe('canonical', () => {
  it('is JSON that says the same', () =>
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(JSON.parse(canonical(value))).to.deep.equal(JSON.parse(JSON.stringify(value)));
      }),
    ));

  it('leaves out what is undefined, as JSON does', () => {
    expect(canonical({ b: undefined, a: [null] })).to.equal('{"a":[null]}');
  });
});
