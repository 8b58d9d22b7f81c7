import type { Engine } from '../../../lib/docker/index.ts';

const unforeseen = (call: string) => () => Promise.reject(new Error(`nobody foresaw ${call}`));

/** An engine that answers what a test foresees, and fails at anything else. */
export const engineStub = (foreseen: Partial<Engine>): Engine => ({
  info: unforeseen('info'),
  list: unforeseen('list'),
  inspect: unforeseen('inspect'),
  hasImage: unforeseen('hasImage'),
  pull: unforeseen('pull'),
  create: unforeseen('create'),
  start: unforeseen('start'),
  stop: unforeseen('stop'),
  remove: unforeseen('remove'),
  exec: unforeseen('exec'),
  logs: () => nothing(),
  events: () => nothing(),
  close() {},
  ...foreseen,
});

async function* nothing(): AsyncGenerator<never> {}
