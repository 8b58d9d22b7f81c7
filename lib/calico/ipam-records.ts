/** The records of Calico's IPAM, below `/calico/ipam/v2/`, and what Felix reports of itself. Field names and order are those that Calico stores. */

import { tryParseCidr } from '../addresses/index.ts';
import {
  dictionary,
  flag,
  integer,
  list,
  nullable,
  number,
  optional,
  remembered,
  text,
  textLike,
  unsigned,
} from './codec.ts';
import { struct } from './struct.ts';

/** Absent as a record: not strict, blocks allocated automatically. Absent as a field: false, 0. */
export interface IpamConfig {
  /** No borrowing from other hosts' blocks. */
  strict_affinity?: boolean;
  /** A host may claim blocks by itself. */
  auto_allocate_blocks?: boolean;
  maxBlocksPerHost?: number;
}

export interface Attribute {
  handle_id?: string;
  /** `node` and `timestamp`; more by others, or none. */
  secondary?: ReadonlyMap<string, string>;
}

/** A block of addresses. An ordinal is an address's place in it, from 0. */
export interface Block {
  cidr: string;
  /** `host:<name>`; null where the host gave it up while addresses are in use. */
  affinity: string | null;
  /** RFC 3339, seconds. */
  affinity_claim_time?: string;
  /** By ordinal: index into `attributes`, null where free. */
  allocations: (number | null)[];
  /** Free ordinals; the first is handed out next, freed ones go to the end. */
  unallocated: number[];
  /** Null until the first assignment, as Go writes a slice that was never made. */
  attributes: Attribute[] | null;
  /** Grows with every write; begins at the time in nanoseconds. */
  sequenceNumber: bigint;
  /** By ordinal: the block's sequence number when it was handed out. */
  sequenceNumberForAllocation: ReadonlyMap<string, bigint> | null;
  deleted: boolean;
}

export interface Affinity {
  /** Empty counts as confirmed. */
  state: string;
  deleted: boolean;
}

export interface Handle {
  /** By a block's CIDR: how many of its addresses are held. */
  block: ReadonlyMap<string, number>;
  deleted: boolean;
}

const cidr = textLike((value) => tryParseCidr(value) !== undefined, 'a masked range such as 10.60.0.0/26');

export const ipamConfig = struct<IpamConfig>({
  strict_affinity: optional(flag),
  auto_allocate_blocks: optional(flag),
  maxBlocksPerHost: optional(integer),
});

export const attribute = struct<Attribute>({
  handle_id: optional(text),
  secondary: optional(dictionary(text)),
});

export const block = struct<Block>({
  cidr,
  affinity: nullable(text),
  affinity_claim_time: optional(text),
  allocations: list(nullable(integer)),
  unallocated: list(integer),
  // Most of a block is attributes, and a write of it changes few.
  attributes: nullable(list(remembered(attribute))),
  sequenceNumber: unsigned,
  sequenceNumberForAllocation: nullable(dictionary(unsigned)),
  deleted: flag,
});

export const affinity = struct<Affinity>({ state: text, deleted: flag });

export const handle = struct<Handle>({ block: dictionary(integer), deleted: flag });

/** Felix's sign of life, below `/calico/felix/v2/<region>/host/<host>/`. */
export interface FelixStatus {
  time: string;
  /** Seconds. */
  uptime: number;
  first_update: boolean;
}

export const felixStatus = struct<FelixStatus>({ time: text, uptime: number, first_update: flag });
