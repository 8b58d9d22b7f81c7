/** The schemas of the kinds that users write: `crds/*.yaml`, read once. */

import { existsSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';

/** A JSON schema, as far as berth's use it. The `x-berth-…` keywords are explained in crds/dockercloud.yaml. */
export interface Schema {
  type?: string | readonly string[];
  description?: string;
  default?: unknown;
  example?: unknown;
  format?: 'bytes' | 'cores' | 'duration';
  properties?: Record<string, Schema>;
  required?: readonly string[];
  additionalProperties?: boolean | Schema;
  propertyNames?: Schema;
  items?: Schema;
  anyOf?: readonly Schema[];
  enum?: readonly unknown[];
  not?: Schema;
  pattern?: string;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  exclusiveMaximum?: number;
  minLength?: number;
  minItems?: number;
  maxItems?: number;
  'x-berth-form'?: string;
  'x-berth-supported'?: false | readonly unknown[];
  /** What a message says is expected, where a pattern alone would not tell. */
  'x-berth-expected'?: string;
}

/** A column of `berth get`. `path`: JSONPath into `{metadata, spec, status}`; columns of priority 1 are for `-o wide`. */
export interface PrinterColumn {
  name: string;
  type: 'string' | 'integer' | 'date';
  path: string;
  description?: string;
  priority?: number;
}

/** A kind that users write. */
export interface Crd {
  kind: string;
  /** First segment of its keys. */
  plural: UserKind;
  singular: string;
  shortNames: string[];
  /** Cluster: keys are `<plural>/<name>`; Namespaced: `<plural>/<namespace>/<name>`. */
  scope: 'Cluster' | 'Namespaced';
  /** false: every record of the kind answers NotSupportedYet. */
  supported?: boolean;
  description: string;
  printerColumns: PrinterColumn[];
  spec: Schema;
}

export type UserKind = 'dockerclouds' | 'applications' | 'virtualnetworks' | 'namespaces';

export const API_VERSION = 'berth/v1';

const FILES: Record<UserKind, string> = {
  dockerclouds: 'dockercloud',
  applications: 'application',
  virtualnetworks: 'virtualnetwork',
  namespaces: 'namespace',
};

export const userKinds = Object.keys(FILES).filter(isUserKind);

export function isUserKind(text: string): text is UserKind {
  return Object.hasOwn(FILES, text);
}

// From the sources, and from what is built below dist/.
const folder = [new URL('../../crds/', import.meta.url), new URL('../../../crds/', import.meta.url)].find((url) =>
  existsSync(url),
);

const loaded = new Map<UserKind, Crd>();

/** The schema of a kind. */
export function crd(kind: UserKind): Crd {
  let found = loaded.get(kind);
  if (!found) {
    found = parse(readFileSync(new URL(`${FILES[kind]}.yaml`, folder), 'utf8'), { merge: true }) as Crd;
    loaded.set(kind, found);
  }
  return found;
}

/** By kind, plural, singular or short name, in any case: `DockerCloud`, `dc`. */
export function findCrd(name: string): Crd | undefined {
  const wanted = name.toLowerCase();
  return userKinds
    .map(crd)
    .find(({ kind, plural, singular, shortNames }) =>
      [kind.toLowerCase(), plural, singular, ...shortNames].includes(wanted),
    );
}
