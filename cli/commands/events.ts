import { type Command, InvalidArgumentError } from 'commander';
import { addNamespaceOptions, type NamespaceFlags, namespaceOf } from '../options/client.ts';
import { addEtcdOptions, type EtcdFlags } from '../options/etcd.ts';

type EventType = 'Normal' | 'Warning';

interface Flags extends EtcdFlags, NamespaceFlags {
  for?: string;
  types?: EventType[];
  watch?: boolean;
  headers: boolean;
}

export function register(program: Command): void {
  const command = program
    .command('events')
    .description('shows what happened, the latest last')
    .argument('[name...]', 'KIND/NAME or KIND NAME: only about this and what was made for it')
    .option('--for <name>', 'KIND/NAME, as the argument')
    .option('--types <types>', 'Normal, Warning', parseTypes)
    .option('-w, --watch', 'goes on with what happens')
    .option('--no-headers', 'without the first line');
  addNamespaceOptions(command);
  addEtcdOptions(command).action(async (name: string[], { for: about, types, watch, headers, ...flags }: Flags) => {
    const [{ withSession }, { events }, { parseOne }] = await Promise.all([
      import('../client/session.ts'),
      import('../client/events.ts'),
      import('../client/selection.ts'),
    ]);
    const of = about !== undefined ? parseOne([about]) : name.length > 0 ? parseOne(name) : undefined;
    await withSession(flags, (session) =>
      events(session, {
        namespace: namespaceOf(flags),
        of,
        types,
        ...(watch && { watch: new AbortController().signal }),
        ...(!headers && { headers: 'none' }),
      }),
    );
  });
}

function parseTypes(text: string): EventType[] {
  return text.split(',').map((type) => {
    const found = (['Normal', 'Warning'] as const).find((known) => known.toLowerCase() === type.trim().toLowerCase());
    if (!found) throw new InvalidArgumentError('Expected Normal, Warning, or both with a comma.');
    return found;
  });
}
