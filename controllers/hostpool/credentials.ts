import type { CloudSecrets, CredentialsRecord, DockerCloudSpec } from '../../lib/records/index.ts';
import type { Entry } from '../../lib/store/index.ts';
import { issueClient, readCertificate, renewAt } from '../../lib/tls/index.ts';
import type { HostpoolContext } from './context.ts';

/** Clouds whose machines are reached over a network have an authority; sockets and paper need none. */
export const needsCredentials = ({ location }: DockerCloudSpec): boolean =>
  location.some(({ driver }) => driver === 'byon' || driver === 'sandbox');

/**
 * Makes the cloud's secrets at first, and renews the client certificate when it is due. The authority's key never leaves
 * the controllers: sealed in etcd, open in memory only.
 */
export async function ensureCredentials(
  cloud: string,
  spec: DockerCloudSpec,
  { state, store, clock, tools }: HostpoolContext,
): Promise<void> {
  if (!needsCredentials(spec)) return;
  const entry = state.get('credentials', cloud);
  if (!entry) {
    const secrets = await tools.newSecrets(cloud, clock.now());
    await store.put('credentials', cloud, await sealed(secrets, tools));
    return;
  }
  const secrets = await tools.vault.open(entry);
  const client = readCertificate(secrets.client.certificate);
  if (client && clock.now() < renewAt(client)) return;
  const renewed = { ...secrets, client: await issueClient(secrets.ca, 'berth', clock.now()) };
  await store.put('credentials', cloud, await sealed(renewed, tools));
}

/** @returns undefined where the cloud has none (yet) */
export async function secretsOf(
  entry: Entry<'credentials'> | undefined,
  { vault }: HostpoolContext['tools'],
): Promise<CloudSecrets | undefined> {
  return entry && vault.open(entry);
}

const sealed = async (secrets: CloudSecrets, { sealer }: HostpoolContext['tools']): Promise<CredentialsRecord> => ({
  ca: secrets.ca.certificate,
  sealed: await sealer.seal(JSON.stringify(secrets)),
});
