import { expect } from 'chai';
import { createHostLinks, type HostLinks, type HostLinksOptions } from '../../../lib/machine/index.ts';
import type { CloudSecrets, DockerCloudSpec } from '../../../lib/records/index.ts';
import { cloudSpec } from '../../harness/records.ts';
import { engineStub } from './engine-stub.ts';

const secrets: CloudSecrets = {
  ca: { certificate: 'CA', key: '' },
  client: { certificate: 'C', key: 'K' },
  ssh: { privateKey: 'P', publicKey: '' },
};
const spec = cloudSpec();
const host = {
  name: 'c-a',
  cloud: 'c',
  address: '10.0.0.1',
  ssh: { user: 'root', port: 22, hostKey: 'SHA256:a SHA256:b' },
  engine: { kind: 'tls' as const, port: 2376 },
};

describe('links to hosts', () => {
  let links: HostLinks;
  let made: string[];
  let closed: string[];
  let targets: unknown[];

  beforeEach(() => {
    [made, closed, targets] = [[], [], []];
    const engine = (name: string) => {
      made.push(name);
      return engineStub({ close: () => void closed.push(name) });
    };
    const options: HostLinksOptions = {
      ssh: {
        shell: (target) => ({
          async run() {
            targets.push(typeof target === 'function' ? await target() : target);
            return { code: 0, stdout: '', stderr: '' };
          },
          close() {},
        }),
        close() {},
      },
      local: { run: async () => ({ code: 0, stdout: 'here', stderr: '' }), close() {} },
      engines: {
        tls: (address, port, { certificate }) => engine(`${address}:${port} ${certificate}`),
        unix: (path) => engine(path),
      },
      network: () => ({ read: () => Promise.reject(new Error('nobody asks')), apply: async () => {} }),
      hollow: () => ({ engine: engine('paper'), network: options.network(options.local, spec.network) }),
      userKeys: async (file) => (file ? [`key of ${file}`] : ['id_ed25519']),
    };
    links = createHostLinks(options);
  });

  it('are kept while nothing changes', () => {
    const link = links.link(host, secrets, spec);
    expect(links.link({ ...host }, { ...secrets }, { ...spec })).to.equal(link);
    expect(made).to.have.length(1);
  });

  it('are replaced, and the old ones closed, when a certificate is', () => {
    links.link(host, secrets, spec);
    links.link(host, { ...secrets, client: { certificate: 'C2', key: 'K' } }, spec);
    expect(made).to.deep.equal(['10.0.0.1:2376 C', '10.0.0.1:2376 C2']);
    expect(closed).to.deep.equal(['10.0.0.1:2376 C']);
  });

  it('are closed when a host is dropped, once', () => {
    links.link(host, secrets, spec);
    links.drop('c-a');
    links.drop('c-a');
    expect(closed).to.have.length(1);
  });

  it('log in by the cloud’s key where a location made the machine', async () => {
    await links.link(host, secrets, spec).shell!.run('true');
    expect(targets[0]).to.deep.include({ privateKey: 'P', otherKeys: [], hostKeys: ['SHA256:a', 'SHA256:b'] });
  });

  it('log in by the user’s key into machines of the user’s own', async () => {
    const byon: DockerCloudSpec = { ...spec, location: [{ driver: 'byon', text: 'byon', machines: [] }] };
    await links.link(host, secrets, byon).shell!.run('true');
    await links.link(host, secrets, { ...byon, ssh: { ...byon.ssh, privateKeyFile: '/k' } }).shell!.run('true');
    expect(targets).to.deep.equal([
      {
        ...{ address: '10.0.0.1', port: 22, user: 'root', hostKeys: ['SHA256:a', 'SHA256:b'] },
        privateKey: 'P',
        otherKeys: ['id_ed25519'],
      },
      {
        ...{ address: '10.0.0.1', port: 22, user: 'root', hostKeys: ['SHA256:a', 'SHA256:b'] },
        privateKey: 'key of /k',
        otherKeys: ['P'],
      },
    ]);
  });

  it('use this machine’s shell for an engine on a socket', async () => {
    const { shell } = links.link(
      { name: 'l', cloud: 'c', address: '', engine: { kind: 'unix', path: '/s' } },
      undefined,
      spec,
    );
    expect((await shell!.run('true')).stdout).to.equal('here');
  });

  it('say what a host lacks that is not made yet', () => {
    expect(() => links.link({ name: 'x', cloud: 'c', address: '' }, secrets, spec)).to.throw('no engine yet');
    expect(() => links.link(host, undefined, spec)).to.throw('no certificates yet');
  });
});
