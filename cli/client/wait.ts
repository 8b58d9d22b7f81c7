import { BerthError } from '../../lib/errors/index.ts';
import { find, parsePath, show } from '../output/jsonpath.ts';
import { follow } from './reading.ts';
import { noteIfNobodyActs } from './records.ts';
import type { Item } from './resources/index.ts';
import { conditionsOf, currentCondition } from './resources/user.ts';
import { choose, chooseAll, parseSelections, type Selection } from './selection.ts';
import { complain, type ExitCode, type Session } from './session.ts';

/** What is waited for. */
export type Goal =
  | { for: 'create' }
  | { for: 'delete' }
  | { for: 'condition'; type: string; status: string }
  | { for: 'jsonpath'; text: string; path: ReturnType<typeof parsePath>; value: string | undefined };

export interface WaitOptions {
  namespace: string | undefined;
  goal: Goal;
  /** Milliseconds; 0: looks once; below: a week, as kubectl has it. */
  timeout: number;
  /** Where no name is given. */
  all?: boolean;
}

/** `condition=Ready`, `condition=Ready=False`, `delete`, `create`, `jsonpath={.status.phase}[=Running]`. @throws BERTH_USAGE */
export function parseGoal(text: string): Goal {
  if (text === 'create' || text === 'delete') return { for: text };
  const [, type, status = 'True'] = /^condition=([^=]+)(?:=(.+))?$/.exec(text) ?? [];
  if (type !== undefined) return { for: 'condition', type, status };
  const jsonpath = /^jsonpath=(.+)$/s.exec(text)?.[1];
  if (jsonpath !== undefined) {
    const [, path = '', value] = /^(['"]?\{.*\}['"]?|[^=]+?)(?:=([^=]*))?$/s.exec(jsonpath) ?? [];
    const bare = path.replace(/^(['"])(.*)\1$/s, '$2');
    return { for: 'jsonpath', text: bare, path: parsePath(bare), value };
  }
  throw new BerthError('BERTH_USAGE', '--for is not understood', {
    found: JSON.stringify(text),
    expected: 'condition=TYPE[=STATUS], delete, create or jsonpath={PATH}[=VALUE]',
  });
}

const WEEK = 7 * 86_400_000;

/** `berth wait`: watches until all that is named is as asked for. Says of each what is missing when the time is up. */
export async function wait(session: Session, args: readonly string[], options: WaitOptions): Promise<ExitCode> {
  const selections = parseSelections(args);
  const { namespace, goal, timeout, all } = options;
  if (selections.some(({ names }) => names.length === 0) && !all)
    throw new BerthError('BERTH_USAGE', 'what is waited for?', { expected: 'KIND/NAME, KIND NAME, or --all' });

  const scope = { namespace };
  const late = new AbortController();
  const timer = session.clock.after(timeout < 0 ? WEEK : timeout, () => late.abort());
  try {
    const waiting = new Waiting(session, selections, options);
    const reads = selections.flatMap(({ resource }) => resource.reads(scope));
    for await (const state of follow(session, reads, late.signal)) {
      const verdict = waiting.look(selections.map(({ resource }) => resource.items(state, scope)));
      if (verdict !== undefined) return verdict;
      if (timeout === 0) break;
    }
    waiting.giveUp();
    if (goal.for !== 'create') await noteIfNobodyActs(session);
    return 1;
  } finally {
    timer.cancel();
  }
}

/** One thing that is waited for. */
interface Subject {
  selection: number;
  /** As it is printed: by its whole name where another one has the same. */
  shown: string;
  /** It, among all of its kind. */
  pick(items: readonly Item[]): Item | undefined;
  /** What is missing. */
  why: string;
}

/** What of all that is named has not come about yet. */
class Waiting {
  readonly #session: Session;
  readonly #selections: readonly Selection[];
  readonly #options: WaitOptions;
  /** Fixed by the first look; who is as asked for goes from it. */
  #missing: Set<Subject> | undefined;

  constructor(session: Session, selections: readonly Selection[], options: WaitOptions) {
    this.#session = session;
    this.#selections = selections;
    this.#options = options;
  }

  /** @returns the exit code once there is nothing left to wait for */
  look(items: readonly (readonly Item[])[]): ExitCode | undefined {
    if (!this.#missing) {
      const errors = this.#begin(items);
      if (errors.length > 0) return complain(this.#session, errors);
    }
    for (const subject of this.#missing ?? []) {
      const why = whatIsMissing(this.#options.goal, subject.pick(items[subject.selection] ?? []));
      if (why === undefined) {
        this.#missing?.delete(subject);
        this.#session.print(`${subject.shown} condition met\n`);
      } else subject.why = why;
    }
    return this.#missing?.size === 0 ? 0 : undefined;
  }

  giveUp(): void {
    for (const { shown, why } of this.#missing ?? [])
      this.#session.note(`error: timed out waiting for the condition on ${shown}: ${why}`);
  }

  /** Takes down what is waited for. @returns what does not exist and should */
  #begin(items: readonly (readonly Item[])[]): BerthError[] {
    const { goal, namespace } = this.#options;
    const mayBeAbsent = goal.for === 'delete' || goal.for === 'create';
    const missing = new Set<Subject>();
    const errors: BerthError[] = [];
    for (const [i, selection] of this.#selections.entries()) {
      const all = items[i] ?? [];
      const { singular } = selection.resource;
      const add = (name: string, pick: Subject['pick']) =>
        void missing.add({ selection: i, shown: `${singular}/${name}`, pick, why: '' });
      const found = chooseAll(all, selection, namespace);
      for (const { id, name } of found.chosen) {
        const isOnlyOne = found.chosen.filter((item) => item.name === name).length === 1;
        add(isOnlyOne ? name : id, (now) => now.find((item) => item.id === id));
      }
      if (!mayBeAbsent) errors.push(...found.missing);
      else
        for (const name of new Set(selection.names))
          if (choose(all, name).length === 0) add(name, (now) => choose(now, name)[0]);
    }
    this.#missing = missing;
    if (errors.length === 0 && missing.size === 0 && goal.for !== 'delete')
      errors.push(new BerthError('BERTH_NOT_FOUND', 'there is nothing to wait for', { hint: 'see `berth get`' }));
    return errors;
  }
}

/** Why it is not as asked for; undefined: it is. */
function whatIsMissing(goal: Goal, item: Item | undefined): string | undefined {
  if (goal.for === 'delete') return item && 'it is still there';
  if (!item) return 'it does not exist';
  if (goal.for === 'create') return undefined;
  if (goal.for === 'jsonpath') {
    const found = find(goal.path, JSON.parse(JSON.stringify(item.object)));
    if (goal.value === undefined) return found.length > 0 ? undefined : `nothing at ${goal.text}`;
    if (found.some((value) => show(value) === goal.value)) return undefined;
    return `${goal.text} is ${found.length > 0 ? found.map(show).join(' ') : 'not there'}, not ${goal.value}`;
  }
  const { type, status } = goal;
  const condition = currentCondition(item.object, type);
  if (condition?.status.toLowerCase() === status.toLowerCase()) return undefined;
  const accepted = currentCondition(item.object, 'Accepted');
  const refusal = accepted?.status === 'False' && accepted !== condition ? accepted : undefined;
  const told = refusal ?? condition;
  if (told) return `${told.type} is ${told.status} (${told.reason})${told.message ? `: ${told.message}` : ''}`;
  const types = conditionsOf(item.object).map((each) => each.type);
  if (types.length === 0) return 'nobody has said anything about it yet';
  return types.includes(type)
    ? 'nobody has looked at the record as it is now'
    : `there is no condition ${type}, only ${types.join(', ')}`;
}
