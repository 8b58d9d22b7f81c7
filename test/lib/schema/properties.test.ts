import { expect } from 'chai';
import fc from 'fast-check';
import { stringify } from 'yaml';
import { parseRecord, userKinds } from '../../../lib/schema/index.ts';
import { accepted } from './accepted.ts';

describe('a record in other words', () => {
  const name = fc.stringMatching(/^[a-z][a-z0-9]{0,8}$/);
  const port = fc.integer({ min: 1, max: 65_535 });
  const services = fc.uniqueArray(
    fc.record({
      id: name,
      replicas: fc.nat(100),
      openPorts: fc.uniqueArray(port, { maxLength: 3 }),
      mapped: fc.uniqueArray(fc.tuple(port, port), { maxLength: 3, selector: ([host]) => host }),
      env: fc.dictionary(name, fc.stringMatching(/^[ -~]{0,12}$/)),
      memory: fc.integer({ min: 6 * 2 ** 20, max: 2 ** 40 }),
      milli: fc.nat(64_000),
      grace: fc.nat(3600),
    }),
    { minLength: 1, maxLength: 4, selector: ({ id }) => id },
  );

  it('is the same record: maps or lists, beside type or below it, units or numbers, YAML or JSON', () =>
    fc.assert(
      fc.property(services, (all) => {
        const long = all.map(({ mapped, milli, grace, ...rest }) => ({
          ...rest,
          type: `docker:${rest.id}:1`,
          mappedPorts: mapped.map(([host, inside]) => `${host}:${inside}/tcp`),
          cpus: `${milli}m`,
          stopGrace: `${grace}s`,
        }));
        const short = all.map(({ id, mapped, milli, grace, env, ...rest }) => ({
          id,
          type: `docker:${id}:1`,
          'brooklyn.config': {
            ...rest,
            mappedPorts: mapped.map(([host, inside]) => ({ [`${host}`]: inside })),
            env: Object.entries(env).map(([key, value]) => `${key}=${value}`),
            cpus: milli / 1000,
            stopGrace: grace,
          },
        }));
        const first = accepted('applications', 'n/a', stringify({ location: 'c', services: long }));
        const second = accepted('applications', 'n/a', JSON.stringify({ locations: ['c'], services: short }));
        expect(second).to.deep.equal(first);
        expect(first.services.map(({ memory }) => memory)).to.deep.equal(all.map(({ memory }) => memory));
      }),
      { numRuns: 50 },
    ));
});

describe('the parser', () => {
  const tokens = fc.constantFrom(
    'location',
    'services',
    'type',
    ': ',
    'docker:a',
    '\n',
    '\n  ',
    '- ',
    '{',
    '}',
    '[',
    ']',
    ', ',
    '"',
    "'",
    '&a ',
    '*a',
    '!x ',
    '|',
    '80',
    'null',
    '---\n',
    'spec',
    'kind',
    '__proto__',
    'openPorts',
    'env',
    '$brooklyn:',
  );
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array)),
    fc.array(tokens, { maxLength: 40 }).map((parts) => Buffer.from(parts.join(''))),
    fc.json().map((text) => Buffer.from(text)),
  );

  it('answers whatever is put under a key, and never throws', () =>
    fc.assert(
      fc.property(
        fc.constantFrom(...userKinds),
        fc.oneof(fc.constantFrom('a', 'a/b'), fc.string()),
        bytes,
        (kind, id, value) => {
          const result = parseRecord({ kind, id, value });
          if (!result.ok) expect(result.errors).to.have.length.within(1, 10);
        },
      ),
      { numRuns: 200 },
    ));

  it('never throws on what is almost a blueprint', () =>
    fc.assert(
      fc.property(
        fc.dictionary(
          fc.constantFrom(
            'openPorts',
            'mappedPorts',
            'env',
            'volumes',
            'links',
            'command',
            'healthCheck',
            'labels',
            'strategies',
            'brooklyn.config',
            'cpus',
            'user',
            'id',
          ),
          fc.jsonValue(),
        ),
        (config) => {
          const value = Buffer.from(JSON.stringify({ location: 'c', services: [{ type: 'docker:a', ...config }] }));
          parseRecord({ kind: 'applications', id: 'n/a', value });
        },
      ),
      { numRuns: 200 },
    ));
});
