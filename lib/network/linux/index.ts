/**
 * The linux provider's side of a host: what Calico would make of its records, with iproute2 and nftables alone. A veth
 * `cali…` per interface, 169.254.1.1 as the next hop, a /32 route per container, routes to the blocks of other hosts, one
 * nftables table.
 */

import { BerthError } from '../../errors/index.ts';
import { refusalIn } from '../../fence/index.ts';
import type { CommandResult, Shell } from '../../ssh/index.ts';
import { BatchFailed, type HostNetwork, type HostNetworkState } from '../host.ts';
import { applyScript, readScript } from './script.ts';

export { GATEWAY, NETNS_DIRECTORY, namespaceOf } from './names.ts';

/** Milliseconds for a batch, the wait for the host's lock (30 s) included. */
const BATCH_TIMEOUT = 60_000;

/** @param shell runs commands on the host as root */
export function createLinuxNetwork({ shell }: { shell: Shell }): HostNetwork {
  return {
    async read(signal) {
      const result = await shell.run('sh -s', { stdin: readScript(), timeoutMs: BATCH_TIMEOUT, signal });
      if (result.code !== 0 || !result.stdout.endsWith('done\n')) throw refused('cannot read the network', result);
      return parseState(result.stdout);
    },

    async apply(plan, fence, signal) {
      const stdin = applyScript(plan, fence);
      const result = await shell.run('sh -s', { stdin, timeoutMs: BATCH_TIMEOUT, signal });
      const lines = result.stdout.split('\n');
      const refusal = refusalIn(result, fence);
      if (refusal) throw refusal;
      if (result.code !== 0 || !lines.includes('done')) throw refused('the network batch failed', result);
      const failed = parseFailures(lines);
      if (failed.size > 0) throw new BatchFailed(failed);
    },
  };
}

/** What `readScript` prints. */
export function parseState(stdout: string): HostNetworkState {
  const state: HostNetworkState = { namespaces: [], hostInterfaces: [], intact: [], taken: [] };
  const missing: { installation: string; what: string }[] = [];
  for (const line of stdout.split('\n')) {
    const [what, name, ...words] = line.trim().split(/\s+/);
    if (!name) continue;
    if (what === 'namespace') state.namespaces.push({ name, addresses: words });
    if (what === 'interface') state.hostInterfaces.push(name);
    if (what === 'intact') state.intact.push(name);
    if (what === 'missing') missing.push({ installation: name, what: words.join(' ') });
    if (what === 'taken') {
      const [protocol, port] = words;
      if (protocol === 'tcp' || protocol === 'udp')
        state.taken.push({ installation: name, port: Number(port), protocol });
    }
  }
  return missing.length > 0 ? { ...state, missing } : state;
}

function parseFailures(lines: readonly string[]): Map<string, string> {
  const failed = new Map<string, string>();
  for (const line of lines) {
    const [, uid, message] = /^failed (\S+) (.*)$/.exec(line) ?? [];
    if (uid !== undefined && message !== undefined) failed.set(uid, message.trim());
  }
  return failed;
}

const refused = (what: string, { code, stdout, stderr }: CommandResult): BerthError =>
  new BerthError('BERTH_COMMAND', what, { found: `exit code ${code}: ${(stderr || stdout).trim().slice(-2000)}` });
