/** What is wrong with an application beyond the form of its record: names, references, ports, loops. Only what can never be right. */

import { BerthError, type Code } from '../errors/index.ts';
import type { ApplicationSpec, ServiceSpec } from '../records/index.ts';
import { type Call, parse } from './dsl.ts';
import { callsOf, entityInstead, entityOf, evaluate, ROOT } from './evaluate.ts';
import { referencesOf, startOrder } from './graph.ts';
import { variablePrefix } from './links.ts';
import { hostPortClashes } from './ports.ts';
import { DEFAULT_NETWORK, environmentOf, networkName } from './resolve.ts';
import { containerName } from './snapshot.ts';

export interface Problem {
  code: Code;
  /** As in the user's record: `services[1].links.redis`. */
  field: string;
  message: string;
  found?: string;
  expected?: string;
}

/** Longest name of a network and of a container, which is its host name too (RFC 1123 §2.1). */
const LONGEST_NAME = 63;
const LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;

/** Every problem of an application that parsed. None: `plan` will not throw. */
export function problemsOf(spec: ApplicationSpec, { namespace, app }: { namespace: string; app: string }): Problem[] {
  const problems = [
    ...networkProblems(namespace, app),
    ...spec.services.flatMap((service, index) => serviceProblems(service, `services[${index}]`, index, spec)),
  ];
  return problems.length > 0 ? problems : loopProblems(spec);
}

function networkProblems(namespace: string, app: string): Problem[] {
  const name = networkName(namespace, app, DEFAULT_NETWORK);
  if (name.length <= LONGEST_NAME) return [];
  return [
    {
      code: 'BERTH_BAD_KEY',
      field: 'metadata.name',
      message: 'the name of the application’s network is too long',
      found: `${name}, ${name.length} characters`,
      expected: `at most ${LONGEST_NAME} characters for <namespace>.<name>.${DEFAULT_NETWORK}`,
    },
  ];
}

function serviceProblems(service: ServiceSpec, field: string, index: number, spec: ApplicationSpec): Problem[] {
  return [
    ...idProblems(service, field, index, spec),
    ...portProblems(service, field),
    ...labelProblems(service, field),
    ...linkProblems(service, field, spec),
    ...expressionProblems(service, field, spec),
  ];
}

function idProblems({ id, replicas }: ServiceSpec, field: string, index: number, spec: ApplicationSpec): Problem[] {
  const first = spec.services.findIndex((other) => other.id === id);
  if (first < index) {
    const expected = 'another id; without one a service is called by its image';
    const message = `services[${first}] is called “${id}” too`;
    return [{ code: 'BERTH_INVALID', field: `${field}.id`, message, found: id, expected }];
  }
  const longest = containerName(id, Math.max(0, replicas - 1));
  if (LABEL.test(id) && longest.length <= LONGEST_NAME) return [];
  return [
    {
      code: 'BERTH_INVALID',
      field: `${field}.id`,
      message: 'no name for containers can be made of it',
      found: longest,
      expected: `a–z, 0–9 and “-”, at most ${LONGEST_NAME} characters with the number`,
    },
  ];
}

const portProblems = (service: ServiceSpec, field: string): Problem[] =>
  hostPortClashes(service).map(({ host, protocol, ports }) => ({
    code: 'BERTH_INVALID',
    field: service.mappedPorts.some((port) => port.host === host) ? `${field}.mappedPorts` : `${field}.directPorts`,
    message: `the host port ${host}/${protocol} is asked for twice`,
    found: `${host} for the ports ${ports.join(' and ')}`,
    expected: 'each host port once',
  }));

const labelProblems = (service: ServiceSpec, field: string): Problem[] =>
  Object.keys(service.labels)
    .filter((label) => label.startsWith('io.berth.'))
    .map((label) => ({
      code: 'BERTH_INVALID',
      field: `${field}.labels`,
      message: 'labels that begin with io.berth. are berth’s own',
      found: label,
      expected: 'another label',
    }));

function linkProblems({ id, links }: ServiceSpec, field: string, spec: ApplicationSpec): Problem[] {
  return links.flatMap(({ alias, service }, index): Problem[] => {
    const place = `${field}.links.${alias}`;
    const twin = links.slice(0, index).find((other) => variablePrefix(other.alias) === variablePrefix(alias));
    if (twin) {
      const message = `“${twin.alias}” and “${alias}” would set the same variables`;
      return [{ code: 'BERTH_INVALID', field: place, message, found: alias, expected: 'another alias' }];
    }
    const others = spec.services.map((other) => other.id);
    if (others.includes(service)) return [];
    return [
      {
        code: 'BERTH_NOT_FOUND',
        field: place,
        message: 'no such service',
        found: service,
        expected: anyOf(others, id),
      },
    ];
  });
}

const expressionProblems = (service: ServiceSpec, field: string, spec: ApplicationSpec): Problem[] =>
  referencesOf(service).flatMap(({ field: place, text }) => {
    try {
      const expression = parse(text);
      const unknown = componentProblems(service, expression, `${field}.${place}`, spec);
      return unknown.length > 0 ? unknown : valueProblems(service, expression, `${field}.${place}`, spec);
    } catch (error) {
      return [problemOf(error, `${field}.${place}`)];
    }
  });

function componentProblems(service: ServiceSpec, expression: Call, field: string, spec: ApplicationSpec): Problem[] {
  const ids = spec.services.map(({ id }) => id);
  return [...callsOf(expression)].flatMap((call): Problem[] => {
    const id = call.function === 'component' || call.function === 'entity' ? entityOf(call, service.id) : undefined;
    if (id === undefined || ids.includes(id)) return [];
    const message = `column ${call.column} of the expression: no such component`;
    return [{ code: 'BERTH_NOT_FOUND', field, message, found: id, expected: anyOf(ids, undefined) }];
  });
}

/** Evaluates with every sensor unknown: what is an error then, is one always. */
function valueProblems(service: ServiceSpec, expression: Call, field: string, spec: ApplicationSpec): Problem[] {
  const environment = environmentOf(service, spec, new Map());
  const outcome = evaluate(expression, environment);
  const settled = outcome.is === 'entity' ? entityInstead(expression.column, outcome.id) : outcome;
  return settled.is === 'error' ? [problemOf(settled.error, field)] : [];
}

function loopProblems(spec: ApplicationSpec): Problem[] {
  const start = startOrder(spec);
  if (!('loop' in start)) return [];
  const named = start.loop.map((id) => (id === ROOT ? 'the application' : id));
  const index = spec.services.findIndex(({ id }) => id === start.loop.find((one) => one !== ROOT));
  return [
    {
      code: 'BERTH_CYCLE',
      field: `services[${index}]`,
      message: `the services wait for each other: ${named.join(' → ')}`,
      expected: 'links and attributeWhenReady that do not lead back to where they began',
    },
  ];
}

function problemOf(error: unknown, field: string): Problem {
  if (error instanceof BerthError) return { code: error.code, field, message: error.message };
  throw error;
}

const anyOf = (ids: readonly string[], but: string | undefined): string => {
  const others = ids.filter((id) => id !== but);
  if (others.length === 0) return 'a service of this application; there is no other';
  const shown = others.slice(0, 8).join(', ');
  return `one of ${shown}${others.length > 8 ? ', …' : ''}`;
};
