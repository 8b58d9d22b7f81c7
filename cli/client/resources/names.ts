import type { NameRecord } from '../../../lib/records/index.ts';
import type { Definition, Single } from './derived.ts';

/** Answers that fit into a row. */
const SHOWN = 3;

/** What name servers are told: a name as it is asked for, `web.shop.default.berth`. */
export const names: Definition<Single<'names'>> = {
  plural: 'names',
  singular: 'name',
  kind: 'Name',
  shortNames: ['dns'],
  namespaced: true,
  reads: { whole: ['names'] },
  subjects: (state) =>
    state.list('names').map(({ id, value }) => {
      const segments = id.split('/');
      const [zone = '', ...labels] = segments;
      const [, namespace = ''] = value.owner.split('/');
      return { id, namespace, name: [...labels, zone].join('.'), value, segments };
    }),
  columns: [
    { name: 'NAME', show: ({ name }) => name },
    { name: 'TYPE', show: ({ value }) => typesOf(value).join(',') },
    { name: 'ANSWER', show: ({ value }) => shortened(answersOf(value)) },
    { name: 'TTL', show: ({ value }) => value.ttl },
    { name: 'OWNER', show: ({ value }) => ownerOf(value) },
    { name: 'CLOUDS', wide: true, show: ({ value }) => value.clouds.join(',') },
    { name: 'SKYDNS', wide: true, show: ({ value }) => value.skydns },
    { name: 'STATUS', wide: true, show: ({ value }) => (value.deleting ? 'Deleting' : 'Wanted') },
  ],
  metadata: ({ segments: [zone] }) => ({ zone }),
  fields: ({ value }) => value,
};

/** `service/default/shop/web` → `service/shop/web`: the namespace is said elsewhere. */
function ownerOf({ owner }: NameRecord): string {
  const [kind = '', , ...rest] = owner.split('/');
  return [kind, ...rest].join('/');
}

const isIpv6 = (address: string): boolean => address.includes(':');

function typesOf({ addresses, srv = [], ptr }: NameRecord): string[] {
  return [
    ...(addresses.some((address) => !isIpv6(address)) ? ['A'] : []),
    ...(addresses.some(isIpv6) ? ['AAAA'] : []),
    ...(srv.length > 0 ? ['SRV'] : []),
    ...(ptr === undefined ? [] : ['PTR']),
  ];
}

const answersOf = ({ addresses, srv = [], ptr }: NameRecord): string[] => [
  ...addresses,
  ...srv.map(({ target, port }) => `${target}:${port}`),
  ...(ptr === undefined ? [] : [ptr]),
];

const shortened = (answers: readonly string[]): string =>
  [...answers.slice(0, SHOWN), ...(answers.length > SHOWN ? [`+${answers.length - SHOWN}`] : [])].join(',');
