import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { users } from '../../cli/server/roles.ts';
import { keyspace } from '../../lib/store/index.ts';
import type { EtcdProcess } from './etcd.ts';

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export interface Demanded {
  /** Options of `berth controllers`. */
  access: string[];
  /** Who may do everything. */
  user: { user: string; password: string };
  /** By who uses them: `reader` or a controller. */
  credentials: Record<string, { user: string; password: string }>;
}

/** Does what an administrator does: makes passwords, runs what `berth roles` prints, and lets etcd demand them. */
export async function demandRoles(etcd: EtcdProcess, directory: string): Promise<Demanded> {
  const folder = join(directory, 'roles');
  await mkdir(folder);
  const credentials: Demanded['credentials'] = {};
  for (const { who, name } of users(keyspace())) {
    const password = randomBytes(24).toString('hex');
    credentials[who] = { user: name, password };
    await writeFile(join(folder, `${name}.password`), `${password}\n`, { mode: 0o600 });
  }
  const { stdout: script } = await run(process.execPath, ['--import', 'tsx', 'cli/main.ts', 'roles'], { cwd: ROOT });
  const env = { PATH: process.env.PATH, ETCDCTL_API: '3', ETCDCTL_ENDPOINTS: etcd.endpoint };
  await run('sh', ['-e', '-c', script], { cwd: folder, env });

  const file = join(directory, 'credentials.yaml');
  await writeFile(file, JSON.stringify(credentials), { mode: 0o600 });
  const password = randomBytes(24).toString('hex');
  await etcd.enableAuth(password);
  return { access: ['--etcd-credentials', file], user: { user: 'root', password }, credentials };
}
