import { expect } from 'chai';
import { hostKeysOf } from '../../../lib/machine/byon/index.ts';
import { createByon, type MachineRequest } from '../../../lib/machine/index.ts';
import type { LocationSpec } from '../../../lib/records/index.ts';
import { fingerprint } from '../../../lib/ssh/index.ts';
import { cloudSpec } from '../../harness/records.ts';

const KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEaLQ3iNuv8qITTcIzvLIpI8nlrx9jvNQQeBhKI9nlRd';
const location: LocationSpec = {
  driver: 'byon',
  text: 'byon:(hosts="10.0.0.1,admin@db.example:2222,2001:db8::1")',
  machines: [
    { address: '10.0.0.1', port: 22 },
    { address: 'db.example', port: 2222, user: 'admin' },
    { address: '2001:db8::1', port: 22 },
  ],
};
const specWith = (hostKeys: Record<string, string>) =>
  cloudSpec({ location: [location], ssh: { user: 'root', hostKeys } });
const request = (claimed?: string): MachineRequest => ({
  ...{ host: 'c-a', cloud: 'c', installation: 'ours', spec: specWith({}), location, sshPublicKey: '' },
  ...(claimed !== undefined && { claimed }),
});
const signal = new AbortController().signal;

describe('the byon location', () => {
  const byon = createByon({
    knownHosts: async () => `[db.example]:2222 ${KEY}\n`,
    resolve: async (name) => (name === 'db.example' ? ['10.0.0.9'] : [name]),
  });

  it('has the machines of its list, each under one name', () =>
    expect(byon.pool?.(location)).to.deep.equal(['10.0.0.1:22', 'db.example:2222', '[2001:db8::1]:22']));

  it('gives the machine that was claimed, by its address, with what known_hosts knows of it', async () =>
    expect(await byon.create(request('db.example:2222'), signal)).to.deep.include({
      id: 'db.example:2222',
      address: '10.0.0.9',
      ssh: { user: 'admin', port: 2222, hostKeys: [fingerprint(KEY)] },
    }));

  it('knows no key of a machine that nobody told it about', async () =>
    expect((await byon.create(request('10.0.0.1:22'), signal)).ssh?.hostKeys).to.deep.equal([]));

  it('gives nothing without a claim, or that is not in its list', async () => {
    for (const claimed of [undefined, '10.0.0.7:22'])
      expect(await byon.create(request(claimed), signal).catch((error: unknown) => error)).to.have.property(
        'code',
        'BERTH_NO_MACHINE',
      );
  });
});

describe('hostKeysOf', () => {
  const machine = { address: '10.0.0.1', port: 2222 };
  const known = `[10.0.0.1]:2222 ${KEY}\n`;
  for (const [sentence, keys, expected] of [
    [
      'takes the record’s word for address and port',
      { '10.0.0.1:2222': 'SHA256:a', '10.0.0.1': 'SHA256:b' },
      ['SHA256:a'],
    ],
    ['or for the address', { '10.0.0.1': 'SHA256:b=' }, ['SHA256:b']],
    ['and known_hosts’ where the record is silent', { '10.0.0.2': 'SHA256:c' }, [fingerprint(KEY)]],
  ] as const)
    it(sentence, () => expect(hostKeysOf(specWith(keys), machine, known)).to.deep.equal(expected));
});
