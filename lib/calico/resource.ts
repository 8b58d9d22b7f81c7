/** What all of Calico's v3 resources have in common, in the order of its Go structs. */

import { type Codec, dictionary, opaque, optional, text } from './codec.ts';
import type { Json } from './json.ts';
import { struct } from './struct.ts';

export interface Metadata {
  name: string;
  namespace?: string;
  /** calicoctl and calico/node reject updates of objects without uid and creationTimestamp. */
  uid?: string;
  /** RFC 3339, seconds, `Z`. */
  creationTimestamp?: string;
  labels?: ReadonlyMap<string, string>;
  annotations?: ReadonlyMap<string, string>;
}

export interface Resource<Spec> {
  kind: string;
  apiVersion: string;
  metadata: Metadata;
  spec: Spec;
  status?: Json;
}

const metadata = struct<Metadata>({
  name: text,
  namespace: optional(text),
  uid: optional(text),
  creationTimestamp: optional(text),
  labels: optional(dictionary(text)),
  annotations: optional(dictionary(text)),
});

/** @param spec  codec of the kind's own part */
export const resource = <Spec>(spec: Codec<Spec>): Codec<Resource<Spec>> =>
  struct<Resource<Spec>>({ kind: text, apiVersion: text, metadata, spec, status: optional(opaque) });
