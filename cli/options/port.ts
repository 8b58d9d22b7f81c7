import { readFile } from 'node:fs/promises';
import { type Command, Option } from 'commander';
import { BerthError, messageOf } from '../../lib/errors/index.ts';
import { addressesOf } from '../client/addresses.ts';
import type { Port } from '../client/http.ts';
import type { State } from '../client/reading.ts';
import { readOption } from './file.ts';
import { DEFAULT_HTTP, defaultTokenPath } from './http.ts';

export interface PortFlags {
  http?: string;
  tokenFile?: string;
  httpCacert?: string;
}

/** Adds the options that say where the controllers' HTTP port is, and what opens it. */
export const addPortOptions = (command: Command): Command =>
  command
    .addOption(
      new Option('--http <url>', `the controllers’ HTTP port (default: as they announce it, or ${DEFAULT_HTTP})`).env(
        'BERTH_HTTP',
      ),
    )
    .addOption(
      new Option('--token-file <file>', 'its token (default: that of `berth up` of this user)').env(
        'BERTH_HTTP_TOKEN_FILE',
      ),
    )
    .addOption(new Option('--http-cacert <file>', 'authority that signed its certificate').env('BERTH_HTTP_CACERT'));

/** @param state  with `members`, for the addresses that are announced. @throws BERTH_USAGE */
export async function readPort({ http, tokenFile, httpCacert }: PortFlags, state: State): Promise<Port> {
  return {
    addresses: addressesOf(http, state, DEFAULT_HTTP),
    token: await readToken(tokenFile),
    ...(httpCacert !== undefined && { ca: await readOption('--http-cacert', httpCacert) }),
  };
}

async function readToken(tokenFile: string | undefined): Promise<string> {
  const file = tokenFile ?? defaultTokenPath(process.env);
  try {
    return (await readFile(file, 'utf8')).trim();
  } catch (error) {
    throw new BerthError('BERTH_USAGE', `the token of the HTTP port cannot be read: ${messageOf(error)}`, {
      hint: 'name its file by --token-file or BERTH_HTTP_TOKEN_FILE; `berth up` makes one beside its identity',
    });
  }
}
