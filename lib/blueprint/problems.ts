/**
 * What is wrong with an application that its schema cannot say: expressions, and what waits for what through them.
 * Unknown targets of links, names and ports that clash are refused before, where the record is read (lib/schema).
 */

import type { Code } from '../errors/index.ts';
import type { ApplicationSpec, ServiceSpec } from '../records/index.ts';
import { type Call, ExpressionError, parse } from './dsl.ts';
import { environmentOf } from './environment.ts';
import { callsOf, entityInstead, entityOf, evaluate, ROOT } from './evaluate.ts';
import { networkReferencesOf, type Reference, referencesOf, startOrder } from './graph.ts';
import { variablePrefix } from './links.ts';

export interface Problem {
  code: Code;
  /** Below the spec: `['services', 1, 'env', 'URL']`. */
  path: (string | number)[];
  /** Characters into the text that stands there. */
  offset: number;
  message: string;
  found?: string;
  expected?: string;
}

/** Every problem of an application that was read. None: `plan` does not throw. */
export function problemsOf(spec: ApplicationSpec): Problem[] {
  const problems = [
    ...spec.services.flatMap((service, index) => {
      const place = { self: service.id, path: ['services', index], spec };
      return [...aliasProblems(service, place.path), ...expressionProblems(referencesOf(service), place)];
    }),
    ...(spec.virtualNetworks ?? []).flatMap((network, index) => {
      const place = { self: network.id, path: ['virtualNetworks', index], spec };
      return expressionProblems(networkReferencesOf(network), place);
    }),
  ];
  return problems.length > 0 ? problems : loopProblems(spec);
}

/** An entity with expressions. */
interface Place {
  self: string;
  path: Problem['path'];
  spec: ApplicationSpec;
}

function aliasProblems({ links }: ServiceSpec, path: Problem['path']): Problem[] {
  return links.flatMap(({ alias }, index): Problem[] => {
    const twin = links.slice(0, index).find((other) => variablePrefix(other.alias) === variablePrefix(alias));
    if (!twin) return [];
    const message = `the links ${twin.alias} and ${alias} would set the same variables`;
    const found = `${variablePrefix(alias)}_… twice`;
    return [
      { code: 'BERTH_INVALID', path: [...path, 'links', alias], offset: 0, message, found, expected: 'another alias' },
    ];
  });
}

const expressionProblems = (references: readonly Reference[], place: Place): Problem[] =>
  references.flatMap(({ field, text }) => {
    const path = [...place.path, ...field];
    try {
      const expression = parse(text);
      const unknown = componentProblems(expression, place);
      return (unknown.length > 0 ? unknown : valueProblems(expression, place)).map((error) => problemOf(error, path));
    } catch (error) {
      if (error instanceof ExpressionError) return [problemOf(error, path)];
      throw error;
    }
  });

function componentProblems(expression: Call, { self, spec }: Place): ExpressionError[] {
  const ids = [...spec.services, ...(spec.virtualNetworks ?? [])].map(({ id }) => id);
  return [...callsOf(expression)].flatMap((call) => {
    const id = call.function === 'component' || call.function === 'entity' ? entityOf(call, self) : undefined;
    if (id === undefined || ids.includes(id)) return [];
    const { column } = call;
    return [
      new ExpressionError('BERTH_NOT_FOUND', 'no such component', { column, found: `“${id}”`, expected: oneOf(ids) }),
    ];
  });
}

/** Evaluates with every sensor unknown: what is an error then, is one always. */
function valueProblems(expression: Call, { self, spec }: Place): ExpressionError[] {
  const outcome = evaluate(
    expression,
    environmentOf(self, spec, () => ({})),
  );
  const settled = outcome.is === 'entity' ? entityInstead(expression.column, outcome.id) : outcome;
  return settled.is === 'error' ? [settled.error] : [];
}

function loopProblems(spec: ApplicationSpec): Problem[] {
  const start = startOrder(spec);
  if (!('loop' in start)) return [];
  const named = start.loop.map((id) => (id === ROOT ? 'the application' : id));
  const index = spec.services.findIndex(({ id }) => id === start.loop.find((one) => one !== ROOT));
  return [
    {
      code: 'BERTH_CYCLE',
      path: ['services', index],
      offset: 0,
      message: 'the services wait for each other',
      found: named.join(' → '),
      expected: 'links and attributeWhenReady that do not lead back to where they began',
    },
  ];
}

function problemOf(
  { code, summary, column, details: { found, expected } }: ExpressionError,
  path: Problem['path'],
): Problem {
  return {
    code,
    path,
    offset: column - 1,
    message: `column ${column} of the expression: ${summary}`,
    ...(found !== undefined && { found }),
    ...(expected !== undefined && { expected }),
  };
}

const oneOf = (ids: readonly string[]): string => `one of ${ids.slice(0, 8).join(', ')}${ids.length > 8 ? ', …' : ''}`;
