import type { Etcd3 } from 'etcd3';

/**
 * Renews a lease once. etcd offers that only as a stream, so one is opened for one message.
 *
 * @returns the TTL in seconds; 0 when the lease is gone
 */
export async function keepAliveOnce(etcd: Etcd3, id: string, options: { deadline: number }): Promise<number> {
  const stream = await etcd.leaseClient.leaseKeepAlive(options);
  return new Promise((resolve, reject) => {
    stream.on('data', ({ TTL }) => {
      stream.end();
      resolve(Math.max(0, Number(TTL)));
    });
    stream.on('error', reject);
    stream.on('end', () => reject(new Error('etcd ended the stream without an answer')));
    stream.write({ ID: id });
  });
}
