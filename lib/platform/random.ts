import { randomBytes } from 'node:crypto';

/** Randomness, as everything in berth sees it: handed in, so that a seed reproduces a whole run. */
export interface Random {
  /** Uniform in [0, 1). */
  next(): number;
}

/** Randomness of this machine, unpredictable. */
export const systemRandom: Random = {
  next: () => randomBytes(6).readUIntBE(0, 6) / 2 ** 48,
};

/** A reproducible sequence from a 32-bit seed (mulberry32, Tommy Ettinger, public domain). */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return {
    next() {
      state = (state + 0x6d2b79f5) >>> 0;
      let t = state;
      t = Math.imul(t ^ (t >>> 15), t | 1);
      t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
      return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
    },
  };
}

/** An integer in [0, below). */
export const integer = (random: Random, below: number): number => Math.floor(random.next() * below);

/** One element of a list that is not empty. */
export const pick = <T>(random: Random, items: readonly T[]): T => items[integer(random, items.length)]!;

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz0123456789';

/** `length` characters of a–z0–9, the first a letter, so that it can stand in any name. */
export function uid(random: Random, length = 20): string {
  let text = ALPHABET[integer(random, 26)]!;
  while (text.length < length) text += ALPHABET[integer(random, ALPHABET.length)];
  return text;
}
