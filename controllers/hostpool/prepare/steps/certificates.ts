import { readCertificate, renewAt, signedBy, signHost } from '../../../../lib/tls/index.ts';
import { type Machine, readFile, run, type Step, writeFile } from '../machine.ts';

export const CA = '/etc/docker/berth/ca.pem';
export const CERTIFICATE = '/etc/docker/berth/cert.pem';
export const KEY = '/etc/docker/berth/key.pem';

/**
 * The engine's certificate: its key is made on the host and never leaves it; the cloud's authority signs the host's name
 * and address. Renewed when two thirds of its life are over, or when address or authority change.
 */
export const certificates: Step = {
  name: 'Certificates',
  async check(machine) {
    const { authority, host, address, clock, shell, signal } = machine;
    const [ca, certificate] = [await readFile(machine, CA), await readFile(machine, CERTIFICATE)];
    if (ca !== authority.certificate || certificate === undefined) return false;
    const facts = readCertificate(certificate);
    if (!facts || !signedBy(certificate, authority.certificate)) return false;
    if (!facts.names.includes(host) || !facts.addresses.includes(address) || clock.now() >= renewAt(facts))
      return false;
    const ofKey = `openssl pkey -in ${KEY} -pubout`;
    const ofCertificate = `openssl x509 -in ${CERTIFICATE} -noout -pubkey`;
    return (await shell.run(`[ "$(${ofKey})" = "$(${ofCertificate})" ]`, { signal })).code === 0;
  },
  async apply(machine) {
    const { authority, host, address, clock, fenced, signal } = machine;
    // `umask` before the key exists; a key that is there already is kept, a damaged one replaced.
    const key = `mkdir -p /etc/docker/berth && umask 077 && { openssl pkey -in ${KEY} -noout 2>/dev/null || { openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out ${KEY}.new && mv ${KEY}.new ${KEY}; }; }`;
    const csr = await run(fenced, `${key} && openssl req -new -key ${KEY} -subj /CN=${host}`, {
      signal,
      what: 'making the host’s key',
    });
    const certificate = await signHost(authority, csr, { name: host, addresses: [address] }, clock.now());
    await writeFile(machine, CA, authority.certificate);
    await writeFile(machine, CERTIFICATE, certificate);
  },
};

/** When the certificate on the machine is to be replaced, milliseconds since the epoch. */
export async function renewalOf(machine: Machine): Promise<number | undefined> {
  const certificate = await readFile(machine, CERTIFICATE);
  const facts = certificate && readCertificate(certificate);
  return facts ? renewAt(facts) : undefined;
}
