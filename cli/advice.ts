import { type BerthError, type Code, codes } from '../lib/errors/index.ts';

/** Where the table of codes speaks of what the controllers do: a command ends, and does nothing again by itself. */
const ofCommands: Partial<Record<Code, string>> = {
  BERTH_NOT_FOUND: 'Check the name; `berth get` shows what there is, and how it is.',
  BERTH_STORE_UNAVAILABLE: 'Check the endpoints, the network and etcd itself, then run the command again.',
  BERTH_STORE_COMPACTED: 'Run the command again.',
  BERTH_STORE_LEASE_GONE: 'Run the command again.',
  BERTH_CONFLICT: 'Run the command again.',
  BERTH_ENGINE_UNREACHABLE: 'Check the machine, the engine and the network between, then run the command again.',
  BERTH_TIMEOUT: 'Run the command again, if it may take place twice.',
};

/** What who typed a command can do about its error; undefined where the message says so already. */
export const adviceOf = ({ code, details: { hint } }: BerthError): string | undefined =>
  hint === undefined ? (ofCommands[code] ?? codes[code].do) : undefined;
