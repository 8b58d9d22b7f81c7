/** A network among the services of a blueprint, as the talk writes it (slide 25). */

import type { BlueprintNetwork } from '../records/index.ts';
import { checkId, configPath, readConfiguration } from './configuration.ts';
import { crd, type Schema } from './crds.ts';
import { type Field, isMap, type Path } from './field.ts';
import { guard } from './guard.ts';
import { DNS_LABEL } from './names.ts';
import { canonical, networkProblems } from './virtualnetwork.ts';

/** The talk's name, and Clocker's. */
const TYPES: readonly unknown[] = [
  'brooklyn.networking.VirtualNetwork',
  'clocker.docker.networking.entity.VirtualNetwork',
];

/** An id is the last part of a key, and a DNS label. */
const LONGEST_NAME = 63;

export const isNetwork = (entity: unknown): boolean => isMap(entity) && TYPES.includes(entity.type);

interface Schemas {
  /** The fields of a VirtualNetwork; its name servers may be expressions. */
  spec: Schema;
  /** These, and what every entity has. */
  entity: Schema;
}

const schemas = (() => {
  let made: Schemas | undefined;
  return () => (made ??= compose());
})();

function compose(): Schemas {
  const service = crd('applications').spec.properties?.services?.items?.properties ?? {};
  const common = Object.entries(service).filter(
    ([key]) => ['type', 'id', 'name', 'location'].includes(key) || key.startsWith('brooklyn.'),
  );
  const { properties: { dnsServers, ...fields } = {}, ...rest } = crd('virtualnetworks').spec;
  const spec = { ...rest, properties: { ...fields, dnsServers: { ...dnsServers, 'x-berth-form': 'values' } } };
  const networkId: Schema = {
    type: 'string',
    pattern: '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$',
    'x-berth-expected': DNS_LABEL,
  };
  return { spec, entity: { ...rest, properties: { ...Object.fromEntries(common), networkId, ...spec.properties } } };
}

const acceptedSpec = guard<BlueprintNetwork['spec']>(() => schemas().spec);

/** Reads a network, by the rules of a VirtualNetwork; reports what is wrong with it, and answers undefined. */
export function network(written: Record<string, unknown>, field: Field): BlueprintNetwork | undefined {
  const { spec: schema, entity } = schemas();
  const read = readConfiguration(written, field, entity);
  const { type, networkId, name }: Record<string, unknown> = isMap(read) ? read : {};
  if (networkId === undefined)
    field.at('networkId').wrong({ message: 'is missing', expected: 'its name within the application' });
  const id = checkId(written.id ?? networkId, LONGEST_NAME, field);
  if (field.failed || !isMap(read) || id === undefined) return undefined;
  if (typeof type !== 'string' || typeof networkId !== 'string') return undefined;

  const fields = Object.entries(read).filter(([key]) => Object.hasOwn(schema.properties ?? {}, key));
  const spec = acceptedSpec(Object.fromEntries(fields));
  const at = ([key, ...below]: Path) => field.at(...configPath(written, String(key)), ...below);
  for (const { path, found, expected } of networkProblems(spec)) at(path).wrong({ found, expected });
  if (field.failed) return undefined;
  return { id, networkId, type, ...(typeof name === 'string' && { name }), spec: canonical(spec) };
}
