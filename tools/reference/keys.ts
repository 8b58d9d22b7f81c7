import { allKinds, keyspace, kinds, roles } from '../../lib/store/index.ts';

const FORMATS = { text: 'YAML or JSON', json: 'JSON', bytes: 'its own' } as const;

/** The reference page of all keys, as Markdown. */
export function keysReference(): string {
  const keys = allKinds.map((kind) => {
    const { path, segments, writers, format, holds } = kinds[kind];
    const key = [path, ...segments.map((segment) => (segment === '…' ? segment : `<${segment}>`))].join('/');
    return [`\`${key}\``, writers.join(', '), FORMATS[format], holds];
  });
  const permissions = roles(keyspace()).map(({ name, permissions }) => [
    `\`${name}\``,
    permissions.map(({ type, key, end }) => `${type} \`${key}${end === undefined ? '' : '…'}\``).join(', '),
  ]);
  return `<!-- Generated from lib/store/keys.ts by \`npm run generate\`. Do not edit. -->
# Keys

Every key of berth in etcd has one writer. Keys are relative to the prefix, \`${keyspace().prefix}\` unless configured
otherwise; those that begin with a slash are absolute. \`…\` stands for one segment or more. Users write YAML or JSON,
controllers JSON.

${table(['Key', 'Writer', 'Format', 'Holds'], keys)}

- \`user\`: people and their tools. No controller ever changes such a key.
- \`election\`: whatever runs controllers, to agree on who leads. \`any\`: every controller.
- What is written under \`status/\` answers under the name that the user wrote, also where that is no legal name.

A namespace, application, cloud, host or network is called by a DNS-1123 label: at most 63 of a–z, 0–9 and \`-\`, with a
letter or digit at both ends. A key below the prefix that names no record is left alone and reported by the kind's owner.

## Roles

With authentication switched on in etcd, a controller's user has two roles: the reader's, because etcd lets only those
compare a key who may read it, and its own.

${table(['Role', 'May'], permissions)}
`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
