import { BerthError } from '../../errors/index.ts';
import { readFile, run, writeFile } from '../../ssh/index.ts';
import type { ProviderHost, ProviderStep } from '../provider.ts';
import { secretFilesOf, secretsDirectory } from './settings.ts';

/** What calico/node shows etcd, readable by root alone: sent by way of standard input, in no argument list. */
export const secrets: ProviderStep = {
  name: 'CalicoCredentials',
  async check(host) {
    for (const { source, path } of filesOf(host))
      if ((await readFile(host, path)) !== (await host.readLocal(source))) return false;
    return true;
  },
  async apply(host) {
    const { fenced, signal, installation } = host;
    const folder = secretsDirectory(installation);
    await run(fenced, `mkdir -p ${folder} && chmod 700 ${folder}`, { signal, what: `making ${folder}` });
    for (const { source, path } of filesOf(host))
      await writeFile(host, path, await host.readLocal(source), { mode: '600' });
  },
};

const filesOf = ({ spec, installation }: ProviderHost) =>
  spec.network.calico ? secretFilesOf(spec.network.calico.etcd, installation) : [];

/** @throws BERTH_INVALID when the file does not hold `user:password` */
export async function loginOf({
  spec,
  readLocal,
}: ProviderHost): Promise<{ user: string; password: string } | undefined> {
  const file = spec.network.calico?.etcd.userFile;
  if (file === undefined) return undefined;
  const [, user, password] = /^([^:\s]+):(\S+)$/.exec((await readLocal(file)).trim()) ?? [];
  if (user !== undefined && password !== undefined) return { user, password };
  throw new BerthError('BERTH_INVALID', 'the file does not hold a user of etcd', {
    place: 'spec.network.calico.etcd.userFile',
    found: `something else in ${file}`,
    expected: 'user:password, on one line',
  });
}
