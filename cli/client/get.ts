import { BerthError } from '../../lib/errors/index.ts';
import { type Format, parseFormat } from '../output/format.ts';
import { printObjects } from '../output/objects.ts';
import { Table } from '../output/table.ts';
import { follow, read } from './reading.ts';
import { fullName, type Item, type Resource, type Scope } from './resources/index.ts';
import { chooseAll, parseSelections, type Selection } from './selection.ts';
import { complain, type ExitCode, type Session } from './session.ts';

export interface GetOptions {
  /** Absent: all. */
  namespace: string | undefined;
  output?: string | undefined;
  /** Goes on with what changes, until the signal aborts. */
  watch?: AbortSignal | undefined;
  headers?: 'none';
}

/** `berth get`: prints what there is, as a table or whole. @throws BERTH_USAGE, BERTH_NOT_FOUND, BERTH_STORE_… */
export async function get(session: Session, args: readonly string[], options: GetOptions): Promise<ExitCode> {
  const selections = parseSelections(args);
  const format = parseFormat(options.output);
  const scope: Scope = { namespace: options.namespace };
  if (options.watch) return watch(session, selections, { ...options, format, watch: options.watch });

  const found = await Promise.all(
    selections.map(async (selection) => {
      const state = await read(session, selection.resource.reads(scope));
      return { selection, ...chooseAll(selection.resource.items(state, scope), selection, options.namespace) };
    }),
  );
  const groups = found.filter(({ chosen }) => chosen.length > 0);
  const items = groups.flatMap(({ chosen }) => chosen);
  const missing = found.flatMap((each) => each.missing);
  if (format.as !== 'table') {
    const [{ names } = { names: [] }] = selections;
    const shape = selections.length === 1 && names.length === 1 && items.length === 1 ? 'one' : 'list';
    if (missing.length === 0 || items.length > 0) session.print(printObjects(items.map(printed), { format, shape }));
  } else if (groups.length > 0) {
    const several = selections.length > 1;
    const tables = groups.map(({ selection, chosen }) => {
      const printer = new Printer(session, selection.resource, { ...options, wide: format.wide, several });
      return printer.rows(chosen);
    });
    session.print(tables.join('\n'));
  } else if (missing.length === 0) session.note(nothing(selections, options.namespace));
  return complain(session, missing);
}

const printed = (item: Item) => ({ name: fullName(item), object: item.object });

function nothing(selections: readonly Selection[], namespace: string | undefined): string {
  const where =
    namespace !== undefined && selections.every(({ resource }) => resource.namespaced)
      ? ` in ${namespace} namespace`
      : '';
  return `No resources found${where}.`;
}

/** The rows of one kind, below one header. */
class Printer {
  /** The name, where there are several kinds, is shown with its kind. */
  readonly #columns: { i: number; isName: boolean }[];
  readonly #table: Table;
  readonly #options: { namespace: string | undefined };
  readonly #session: Session;

  constructor(
    session: Session,
    resource: Resource,
    options: { namespace: string | undefined; wide: boolean; several: boolean; headers?: 'none' },
  ) {
    this.#session = session;
    this.#options = options;
    const shown = resource.columns.flatMap((column, i) => (options.wide || !column.wide ? [{ ...column, i }] : []));
    this.#columns = shown.map(({ i, name }) => ({ i, isName: options.several && name === 'NAME' }));
    const names = shown.map(({ name }) => name);
    const everywhere = resource.namespaced && options.namespace === undefined;
    this.#table = new Table(everywhere ? ['NAMESPACE', ...names] : names, options.headers);
  }

  rows(items: readonly Item[]): string {
    const now = this.#session.clock.now();
    const { namespace } = this.#options;
    return this.#table.render(
      items.map((item) => {
        const cells = item.cells(now);
        const shown = this.#columns.map(({ i, isName }) => (isName ? fullName(item) : cells[i]));
        return item.resource.namespaced && namespace === undefined ? [item.namespace, ...shown] : shown;
      }),
    );
  }
}

/** Prints what there is, then each thing again when it changed, and once more when it is gone. */
async function watch(
  session: Session,
  selections: readonly Selection[],
  options: GetOptions & { format: Format; watch: AbortSignal },
): Promise<ExitCode> {
  const [selection] = selections;
  if (!selection || selections.length > 1)
    throw new BerthError('BERTH_USAGE', 'only one kind at a time can be watched');
  const { resource } = selection;
  const scope = { namespace: options.namespace };
  const { format } = options;
  const wide = format.as === 'table' && format.wide;
  const printer = new Printer(session, resource, { ...options, wide, several: false });
  let before: ReadonlyMap<string, Seen> | undefined;

  for await (const state of follow(session, resource.reads(scope), options.watch)) {
    const { chosen, missing } = chooseAll(resource.items(state, scope), selection, options.namespace);
    if (!before && missing.length > 0) return complain(session, missing);
    const now: ReadonlyMap<string, Seen> = new Map(chosen.map((item) => [item.id, seen(item, format)]));
    const changed = [...now.values()].filter(({ item, mark }) => before?.get(item.id)?.mark !== mark);
    const gone = [...(before ?? []).values()].filter(({ item }) => !now.has(item.id));
    const items = [...changed, ...gone].map(({ item }) => item);
    if (items.length > 0)
      session.print(
        format.as === 'table'
          ? printer.rows(items)
          : items
              .map((item) => printObjects([printed(item)], { format, shape: 'one' }))
              .join(format.as === 'yaml' ? '---\n' : ''),
      );
    before = now;
  }
  return 0;
}

interface Seen {
  item: Item;
  /** Differs where the printed differs, times apart. */
  mark: string;
}

const seen = (item: Item, { as }: Format): Seen => ({
  item,
  mark: JSON.stringify(as === 'table' ? item.cells(0) : item.object),
});
