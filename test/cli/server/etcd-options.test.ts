import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { type EtcdFlags, readEtcdAccess } from '../../../cli/options/etcd.ts';
import { messageOf } from '../../../lib/errors/index.ts';

describe('the options of etcd', () => {
  let folder: string;
  const put = async (name: string, text: string) => {
    await writeFile(join(folder, name), text);
    return join(folder, name);
  };
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'berth-etcd-options-'));
  });
  after(() => rm(folder, { recursive: true }));

  const read = (flags: Partial<EtcdFlags>) => readEtcdAccess({ prefix: '/berth/v1', ...flags });
  const refusal = (flags: Partial<EtcdFlags>) => read(flags).then(() => '', messageOf);

  it('mean the etcd of this machine unless they say otherwise', async () => {
    const { endpoints, prefix, optionsFor } = await read({});
    expect([endpoints, prefix]).to.deep.equal([['http://127.0.0.1:2379'], '/berth/v1']);
    expect(optionsFor('reader')).to.deep.equal({ endpoints });
  });

  it('fill in what an address leaves out', async () => {
    expect((await read({ etcd: 'a, b:1,http://[::1]' })).endpoints).to.deep.equal([
      'http://a:2379',
      'http://b:1',
      'http://[::1]:2379',
    ]);
  });

  it('keep the port that is given, also where it is the usual one of the protocol', async () => {
    expect((await read({ etcd: 'http://a:80,b:80/,[::1]:80,[::1]' })).endpoints).to.deep.equal([
      'http://a:80',
      'http://b:80',
      'http://[::1]:80',
      'http://[::1]:2379',
    ]);
    expect((await read({ etcd: 'https://a:443' })).endpoints).to.deep.equal(['https://a:443']);
  });

  it('do not count for an etcd that this process started', async () => {
    const access = await readEtcdAccess({ prefix: '/other', etcdUser: 'anna' }, 'http://127.0.0.1:1');
    expect([access.prefix, access.optionsFor('reader')]).to.deep.equal([
      '/other',
      { endpoints: ['http://127.0.0.1:1'] },
    ]);
  });

  it('take the password from a file, without its line end', async () => {
    const { optionsFor } = await read({ etcdUser: 'anna', etcdPasswordFile: await put('password', ' s3 cret\n') });
    expect(optionsFor('placement')).to.include({ user: 'anna', password: ' s3 cret' });
  });

  it('take certificates from files; without an authority the system’s are trusted', async () => {
    const flags = { etcd: 'https://a', etcdCert: await put('c', 'C'), etcdKey: await put('k', 'K') };
    const own = await read({ ...flags, etcdCacert: await put('ca', 'CA') });
    expect(own.optionsFor('reader').tls).to.deep.equal({ ca: 'CA', cert: 'C', key: 'K' });
    expect((await read(flags)).optionsFor('reader').tls?.ca).to.match(/BEGIN CERTIFICATE/);
  });

  it('give each controller the user of the credentials file, others the common one', async () => {
    const etcdCredentials = await put('credentials', 'placement: { user: p, password: one }\n');
    const alone = await read({ etcdCredentials });
    expect(alone.optionsFor('placement')).to.include({ user: 'p', password: 'one' });
    expect(() => alone.optionsFor('reader')).to.throw(/has no entry for reader; found placement/);
    const common = await read({ etcdCredentials, etcdUser: 'anna', etcdPasswordFile: await put('p', 'two') });
    expect(common.optionsFor('reader')).to.include({ user: 'anna', password: 'two' });
    expect(common.optionsFor('placement')).to.include({ user: 'p', password: 'one' });
  });

  for (const [flags, says] of [
    [{ etcd: 'ftp://a' }, /not the address of an etcd; found ftp/],
    [{ etcd: 'http://user@a' }, /not the address of an etcd/],
    [{ etcd: 'http://a/x' }, /not the address of an etcd/],
    [{ etcd: '' }, /not the address of an etcd/],
    [{ etcd: 'http://a,https://b' }, /mixes http and https/],
    [{ etcdCacert: 'ca' }, /of no use without https/],
    [{ etcd: 'https://a', etcdCert: 'c' }, /go together; found no --etcd-key/],
    [{ etcdUser: 'anna' }, /go together; found no password/],
    [{ etcdUser: 'anna', etcdPasswordFile: '/nowhere' }, /--etcd-password-file cannot be read: ENOENT/],
    [{ etcdCredentials: '/nowhere' }, /--etcd-credentials cannot be read: ENOENT/],
  ] as const)
    it(`are refused: ${JSON.stringify(flags)}`, async () => expect(await refusal(flags)).to.match(says));

  for (const [text, says] of [
    ['- hunter2', /the file is not understood; expected a map/],
    ['anybody: { user: a, password: hunter2 }', /anybody is not understood; expected a map of reader, application/],
    ['reader: { password: hunter2 }', /reader: the entry is not understood/],
    ['reader: { user: [hunter2, password: hunter2', /no YAML/],
  ] as const)
    it(`are refused, without a password in the message, where the credentials file says ${text}`, async () => {
      const message = await refusal({ etcdCredentials: await put('bad', text) });
      expect(message).to.match(says);
      expect(message).not.to.include('hunter2');
    });
});
