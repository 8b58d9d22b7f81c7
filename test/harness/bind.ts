import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { end, mortal, runs } from './children.ts';
import { freePort } from './etcd.ts';
import { until } from './until.ts';

/** The key that may change and transfer the zones, in base64. */
export const BIND_KEY = { name: 'berth-key', secret: 'c2VjcmV0IG9mIHRoZSB0ZXN0' } as const;

export interface Bind {
  address: string;
  port: number;
  /** The answer of `dig +short`, sorted. */
  dig(name: string, type: string): string[];
  stop(): Promise<void>;
}

/** named.conf of a primary of some zones; beside the right key it knows one that may do nothing. */
export const namedConf = (zones: readonly string[], { folder, listen }: { folder: string; listen: string }): string => `
key "${BIND_KEY.name}" { algorithm hmac-sha256; secret "${BIND_KEY.secret}"; };
key "powerless" { algorithm hmac-sha256; secret "${BIND_KEY.secret}"; };
options {
  directory "${folder}";
  pid-file "${folder}/named.pid";
  session-keyfile "${folder}/session.key";
  listen-on ${listen};
  listen-on-v6 { none; };
  recursion no;
  dnssec-validation no;
  empty-zones-enable no;
};
controls { };
${zones
  .map(
    (zone) =>
      `zone "${zone}" { type primary; file "${zone}.zone"; allow-update { key "${BIND_KEY.name}"; }; allow-transfer { key "${BIND_KEY.name}"; }; };`,
  )
  .join('\n')}
`;

export const emptyZone = (zone: string): string =>
  `$TTL 60\n@ IN SOA ns.${zone}. hostmaster.${zone}. 1 60 60 3600 5\n@ IN NS ns.${zone}.\nns IN A 127.0.0.1\n`;

/** A real BIND on loopback, primary of some zones. */
export async function startBind(zones: readonly string[]): Promise<Bind> {
  const folder = mkdtempSync(join(tmpdir(), 'berth-bind-'));
  const port = await freePort();
  for (const zone of zones) writeFileSync(join(folder, `${zone}.zone`), emptyZone(zone));
  writeFileSync(join(folder, 'named.conf'), namedConf(zones, { folder, listen: `port ${port} { 127.0.0.1; }` }));
  const server = mortal(spawn('/usr/sbin/named', ['-g', '-c', join(folder, 'named.conf')], { stdio: 'ignore' }));
  const dig = (name: string, type: string): string[] =>
    execFileSync('dig', ['+short', '+tries=1', '+time=2', '-p', String(port), '@127.0.0.1', name, type], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    })
      .split('\n')
      .filter((line) => line !== '')
      .sort();
  const stop = async () => {
    await end(server);
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await until('named to answer', () => !runs(server) || dig(zones[0] ?? '.', 'SOA').length > 0, {
      ms: 20_000,
      every: 50,
    });
    if (!runs(server)) throw new Error('named did not start');
  } catch (error) {
    await stop();
    throw error;
  }
  return { address: '127.0.0.1', port, dig, stop };
}
