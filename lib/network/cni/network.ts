import { BerthError } from '../../errors/index.ts';
import { refusalIn } from '../../fence/index.ts';
import type { CommandResult, Shell } from '../../ssh/index.ts';
import { BatchFailed, type HostNetwork, type HostNetworkState } from '../host.ts';
import { applyScript, type CniSettings, readScript } from './script.ts';

/** Milliseconds for a batch, the wait for the host's lock (30 s) included: plugins take some 50 to 300 ms each. */
const BATCH_TIMEOUT = 120_000;

/** @param shell runs commands on the host as root */
export function createPluginNetwork({ shell, settings }: { shell: Shell; settings: CniSettings }): HostNetwork {
  return {
    async read(signal) {
      const result = await shell.run('sh -s', { stdin: readScript(), timeoutMs: BATCH_TIMEOUT, signal });
      if (result.code !== 0 || !result.stdout.endsWith('done\n')) throw refused('cannot read the network', result);
      return parseState(result.stdout);
    },

    async apply(plan, fence, signal) {
      const stdin = applyScript(plan, settings, fence);
      const result = await shell.run('sh -s', { stdin, timeoutMs: BATCH_TIMEOUT, signal });
      const refusal = refusalIn(result, fence);
      if (refusal) throw refusal;
      const lines = result.stdout.split('\n');
      if (result.code !== 0 || !lines.includes('done')) throw refused('the network batch failed', result);
      const failed = new Map<string, string>();
      for (const line of lines) {
        const [, uid, message] = /^failed (\S+) (.*)$/.exec(line) ?? [];
        if (uid !== undefined && message !== undefined) failed.set(uid, message.trim());
      }
      if (failed.size > 0) throw new BatchFailed(failed);
    },
  };
}

/** What `readScript` prints: namespaces, and what the interfaces in them were given. */
export function parseState(stdout: string): HostNetworkState {
  const namespaces = new Map<string, Map<string, string[]>>();
  const intact: string[] = [];
  for (const line of stdout.split('\n')) {
    const [what, name, link, address] = line.trim().split(/\s+/);
    if (!name) continue;
    if (what === 'namespace') namespaces.set(name, new Map());
    if (what === 'intact') intact.push(name);
    if (what !== 'address' || !link || !address) continue;
    const links = namespaces.get(name);
    links?.set(link, [...(links.get(link) ?? []), address]);
  }
  return {
    namespaces: [...namespaces].map(([name, links]) => ({
      name,
      addresses: [...links.values()].flat(),
      interfaces: [...links].map(([link, addresses]) => ({ name: link, addresses })),
    })),
    hostInterfaces: [],
    intact,
    taken: [],
  };
}

const refused = (what: string, { code, stdout, stderr }: CommandResult): BerthError =>
  new BerthError('BERTH_COMMAND', what, { found: `exit code ${code}: ${(stderr || stdout).trim().slice(-2000)}` });
