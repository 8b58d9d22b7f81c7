import { type Random, uid } from '../../lib/platform/index.ts';

const RANDOM = 6;
/** A host's name, `<cloud>-<6 random>`, is a DNS label of at most 63 characters. */
export const MAX_CLOUD_NAME = 63 - 1 - RANDOM;

/** A new host name: never used before, over all clouds, but for one chance in a billion that `taken` rules out. */
export function newHostName(cloud: string, random: Random, taken: (name: string) => boolean): string {
  for (;;) {
    const name = `${cloud}-${uid(random, RANDOM)}`;
    if (!taken(name)) return name;
  }
}

/** The cloud that a host's name belongs to. */
export const cloudOf = (host: string): string => host.slice(0, host.lastIndexOf('-'));

/** What wakes the cloud under this id. Marked where it is no single name, as a user may write it: `<cloud>/<host>` is a host. */
export const wakeOf = (cloud: string): string => (cloud.includes('/') ? `/${cloud}` : cloud);

/** Key under which the claim of a machine by its host key is kept: a fingerprint that can stand in a key. */
export const fingerprintClaim = (fingerprint: string): string =>
  fingerprint.replace('SHA256:', 'sha256-').replaceAll('+', '-').replaceAll('/', '_');
