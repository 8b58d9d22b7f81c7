import { hash } from 'node:crypto';
import { integer, type Random } from '../../lib/platform/index.ts';

/** Linux allows 15 characters; Felix asks for the prefix `cali`. */
const INTERFACE_PREFIX = 'cali';
const INTERFACE_SUFFIX_LENGTH = 11;

/** 64 hexadecimal digits; each name of an interface is made of some of its own. Interfaces are asked for one after the other. */
function digestOf(uid: string, network: string): string {
  const of = `${uid}\0${network}`;
  if (last.of !== of) last = { of, digits: hash('sha256', of, 'hex') };
  return last.digits;
}

let last = { of: '', digits: '' };

/** Name on the host of a container's interface: `cali` and 11 characters of a–z0–9, the same whenever it is asked. */
export function hostInterface(uid: string, network: string): string {
  const name = BigInt(`0x${digestOf(uid, network).slice(0, 16)}`).toString(36);
  return INTERFACE_PREFIX + name.slice(-INTERFACE_SUFFIX_LENGTH).padStart(INTERFACE_SUFFIX_LENGTH, '0');
}

/** A locally administered unicast MAC address, the same whenever it is asked. */
export function macAddress(uid: string, network: string): string {
  const digits = digestOf(uid, network).slice(16, 28);
  const first = (Number.parseInt(digits.slice(0, 2), 16) & 0xfc) | 0x02;
  const others = [2, 4, 6, 8, 10].map((at) => digits.slice(at, at + 2));
  return [first.toString(16).padStart(2, '0'), ...others].join(':');
}

/** Calico's handle of the addresses that a container holds in a network. */
export const handleOf = (network: string, uid: string): string => `${network}.${uid}`;

const WORD = 2 ** 32;

/** So many words of 32 random bits, in hexadecimal. */
const hex = (random: Random, words: number): string =>
  Array.from({ length: words }, () => integer(random, WORD).toString(16).padStart(8, '0')).join('');

/** The first 32 hexadecimal digits as a UUID of version 4 (RFC 4122, section 4.4). */
function asUuid(digits: string): string {
  const variant = '89ab'[Number.parseInt(digits[16]!, 16) & 3];
  const parts = [
    digits.slice(0, 8),
    digits.slice(8, 12),
    `4${digits.slice(13, 16)}`,
    `${variant}${digits.slice(17, 20)}`,
  ];
  return [...parts, digits.slice(20, 32)].join('-');
}

/** A random UUID. */
export const uuid = (random: Random): string => asUuid(hex(random, 4));

/** The UUID of a container's interface in a network, the same whenever it is asked: there are many of them. */
export const interfaceUuid = (uid: string, network: string): string => asUuid(digestOf(uid, network).slice(32));

/** As Calico makes a cluster's GUID. */
export const clusterGuid = (random: Random): string => hex(random, 4);

/** The claim that a network of an application is made for: `default.shop.web` → `default/shop/web`. */
export function claimOf(network: string): { id: string; app: string } | undefined {
  const segments = network.split('.');
  if (segments.length !== 3) return undefined;
  return { id: segments.join('/'), app: segments.slice(0, 2).join('/') };
}

/** The network of a claim: `default/shop/web` → `default.shop.web`. */
export const networkOf = (claim: string): string => claim.replaceAll('/', '.');
