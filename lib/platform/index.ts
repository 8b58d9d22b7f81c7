export { type Clock, sleep, systemClock, type Timer, withTimeout } from './clock.ts';
export { type Log, silent } from './log.ts';
export { integer, pick, type Random, seededRandom, systemRandom, uid } from './random.ts';
