import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { TlsFiles } from '../../harness/etcd.ts';

const run = promisify(execFile);

/** A certificate authority of its own in a directory, by OpenSSL. */
export async function makeAuthority(directory: string, name: string) {
  const ca = join(directory, `${name}.pem`);
  const caKey = join(directory, `${name}.key`);
  const ec = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  await run('openssl', ['req', '-x509', ...ec, '-keyout', caKey, '-out', ca, '-subj', `/CN=${name}`, '-days', '2']);

  return {
    ca,
    /** A certificate for a server on 127.0.0.1 and for a client; etcd takes its common name for the user. */
    async issue(commonName: string): Promise<TlsFiles> {
      const base = join(directory, `${name}-${commonName}`);
      const [cert, key, request, extensions] = [`${base}.pem`, `${base}.key`, `${base}.csr`, `${base}.ext`];
      await run('openssl', ['req', ...ec, '-keyout', key, '-out', request, '-subj', `/CN=${commonName}`]);
      await writeFile(extensions, 'subjectAltName=IP:127.0.0.1\nextendedKeyUsage=serverAuth,clientAuth\n');
      const signing = ['-CA', ca, '-CAkey', caKey, '-CAcreateserial', '-days', '2', '-extfile', extensions];
      await run('openssl', ['x509', '-req', '-in', request, '-out', cert, ...signing]);
      return { ca, cert, key };
    },
  };
}

/** The contents of the files, as `createEtcd` takes them. */
export async function readTls({ ca, cert, key }: TlsFiles): Promise<{ ca: Buffer; cert: Buffer; key: Buffer }> {
  const [caPem, certPem, keyPem] = await Promise.all([ca, cert, key].map((file) => readFile(file)));
  return { ca: caPem!, cert: certPem!, key: keyPem! };
}
