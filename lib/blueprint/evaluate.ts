/** What an expression is worth, given the entities of its application. Pure; nothing waits here, it says what to wait for. */

import { type Call, type Expression, ExpressionError, formatPieces, textArgument, yields } from './dsl.ts';

/** The application itself, as an entity. No service can have this id: it is not a DNS label. */
export const ROOT = '_root';

/** An entity as an expression sees it. */
export interface Entity {
  sensors: Readonly<Record<string, unknown>>;
  config: Readonly<Record<string, unknown>>;
}

export interface Environment {
  /** Id of the entity that the expression stands in. */
  self: string;
  /** By id; `ROOT` is the application. */
  entity(id: string): Entity | undefined;
}

/** A sensor that is not ready yet. */
export interface Wait {
  entity: string;
  sensor: string;
}

export type Outcome =
  | { is: 'value'; value: unknown }
  | { is: 'entity'; id: string }
  | { is: 'waiting'; for: Wait[] }
  | { is: 'error'; error: ExpressionError };

/** Evaluates an expression. All that has to be waited for is named at once. */
export function evaluate(expression: Expression, environment: Environment): Outcome {
  if (expression.is === 'literal') return { is: 'value', value: expression.value };
  if (yields(expression) === 'entity') return findEntity(expression, environment);
  switch (expression.function) {
    case 'literal':
      return { is: 'value', value: textArgument(expression, 0) };
    case 'formatString':
      return format(expression, environment);
    default:
      return ask(expression, environment);
  }
}

/**
 * The entity that a call names or asks, known without evaluating anything.
 *
 * @returns undefined for the parent of the application, which has none
 */
export function entityOf(call: Call, self: string): string | undefined {
  const context = call.on ? entityOf(call.on, self) : self;
  switch (call.function) {
    case 'component':
    case 'entity':
      return textArgument(call, -1);
    case 'parent':
      return context === ROOT ? undefined : ROOT;
    default:
      return context;
  }
}

/** All calls of an expression, those it is made on and those within arguments too. */
export function* callsOf(expression: Expression): Generator<Call> {
  if (expression.is === 'literal') return;
  yield expression;
  if (expression.on) yield* callsOf(expression.on);
  for (const argument of expression.arguments) yield* callsOf(argument);
}

/** Groovy truth, which decides what attributeWhenReady waits for: null, false, 0, '', [] and {} are not ready; "false" is. */
export function isReady(value: unknown): boolean {
  if (value === null || value === undefined) return false;
  if (Array.isArray(value)) return value.length > 0;
  if (typeof value === 'object') return Object.keys(value).length > 0;
  return Boolean(value);
}

/** A value as it stands in a variable of the environment: text as it is, lists and maps as JSON. */
export const asText = (value: unknown): string => (typeof value === 'object' ? JSON.stringify(value) : String(value));

function findEntity(call: Call, environment: Environment): Outcome {
  const id = entityOf(call, environment.self);
  if (id !== undefined && environment.entity(id)) return { is: 'entity', id };
  return notFound(call, id === undefined ? 'the application has no parent' : `no component “${id}” exists`);
}

function ask(call: Call, environment: Environment): Outcome {
  const id = entityOf(call, environment.self);
  const entity = id === undefined ? undefined : environment.entity(id);
  if (id === undefined || !entity) return notFound(call, `no component “${id ?? 'parent'}” exists`);
  const name = textArgument(call, 0);
  if (call.function === 'config') {
    const value = entity.config[name];
    return value === undefined ? notFound(call, `“${id}” has no config “${name}”`) : { is: 'value', value };
  }
  const value = entity.sensors[name];
  return isReady(value) ? { is: 'value', value } : { is: 'waiting', for: [{ entity: id, sensor: name }] };
}

function format(call: Call, environment: Environment): Outcome {
  const outcomes = call.arguments.slice(1).map((argument) => evaluate(argument, environment));
  const waits: Wait[] = [];
  const texts: string[] = [];
  for (const [index, outcome] of outcomes.entries()) {
    if (outcome.is === 'error') return outcome;
    if (outcome.is === 'waiting') waits.push(...outcome.for);
    else if (outcome.is === 'value') texts.push(asText(outcome.value));
    else return entityInstead(call.arguments[index + 1]!.column, outcome.id);
  }
  if (waits.length > 0) return { is: 'waiting', for: waits };
  const pieces = formatPieces(textArgument(call, 0)).map((piece) => piece ?? texts.shift() ?? '');
  return { is: 'value', value: pieces.join('') };
}

/** An entity where a value is needed. */
export function entityInstead(column: number, id: string): Outcome {
  return {
    is: 'error',
    error: new ExpressionError('BERTH_INVALID', 'a component is no value', {
      column,
      found: `“${id}” itself`,
      expected: `a value, such as component("${id}").attributeWhenReady("host.address")`,
    }),
  };
}

function notFound({ column }: Call, summary: string): Outcome {
  return { is: 'error', error: new ExpressionError('BERTH_NOT_FOUND', summary, { column }) };
}
