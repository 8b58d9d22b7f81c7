import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Code } from '../../../lib/errors/index.ts';
import { silent, systemClock } from '../../../lib/platform/index.ts';
import { createEtcd, type EtcdOptions } from '../../../lib/store/etcd/index.ts';
import type { Kv } from '../../../lib/store/kv.ts';
import { type EtcdProcess, startEtcd } from '../../harness/etcd.ts';
import { recordWatch, rejection, until, write } from '../../lib/store/conformance.ts';
import { makeAuthority, readTls } from './certificates.ts';

describe('access to etcd', function () {
  this.timeout(60_000);
  let etcd: EtcdProcess;
  const clients: Kv[] = [];

  const connect = (options: Partial<EtcdOptions> = {}) => {
    const client = createEtcd({ endpoints: [etcd.endpoint], clock: systemClock, log: silent, ...options });
    clients.push(client);
    return client;
  };
  afterEach(() => {
    for (const client of clients.splice(0)) client.close();
  });
  after(() => etcd?.close());

  describe('by user and password', () => {
    before(async () => {
      etcd = await startEtcd();
      await etcd.ctl('user', 'add', 'anna:secret');
      await etcd.ctl('role', 'add', 'shop');
      await etcd.ctl('role', 'grant-permission', 'shop', 'readwrite', '/shop/', '/shop0');
      await etcd.ctl('user', 'grant-role', 'anna', 'shop');
      await etcd.enableAuth('topsecret');
    });
    after(() => etcd.close());

    const anna = () => connect({ user: 'anna', password: 'secret' });

    it('allows what the role allows: calls, leases and watches', async () => {
      const kv = anna();
      const { id: lease } = await kv.grantLease(60);
      const seen = recordWatch(kv, { key: '/shop/', end: '/shop0' });
      await until(() => seen.revision > 0 || seen.error);
      await write(kv, { put: '/shop/a', value: '1', lease });
      expect((await kv.range({ key: '/shop/a' })).count).to.equal(1);
      expect(await kv.keepLeaseAlive(lease)).to.equal(60);
      await kv.revokeLease(lease);
      await until(() => seen.events.length === 2);
      expect(seen.summary).to.deep.equal(['put /shop/a=1', 'delete /shop/a']);
    });

    it('denies what it does not', async () => {
      const kv = anna();
      expect((await rejection(kv.range({ key: '/other' }))).code).to.equal('BERTH_STORE_DENIED');
      const failure = await rejection(write(kv, { put: '/other', value: '' }, { put: '/shop/b', value: '' }));
      expect(failure.code).to.equal('BERTH_STORE_DENIED');
      expect((await kv.range({ key: '/shop/b' })).count).to.equal(0);
    });

    it('a refused watch ends, and holds up no other, neither before nor after it', async () => {
      const kv = anna();
      const before = recordWatch(kv, { key: '/shop/', end: '/shop0' });
      await until(() => before.revision > 0);
      const refused = recordWatch(kv, { key: '/other' });
      const after = recordWatch(kv, { key: '/shop/', end: '/shop0' });
      await until(() => refused.error && after.revision > 0);
      expect(refused.error?.code).to.equal('BERTH_STORE_DENIED');
      await write(kv, { put: '/shop/c', value: '' });
      await until(() => before.events.length === 1 && after.events.length === 1);
      expect([before.errors, after.errors]).to.deep.equal([[], []]);
    });

    for (const [title, options] of [
      ['a wrong password', { user: 'anna', password: 'wrong' }],
      ['an unknown user', { user: 'otto', password: 'secret' }],
      ['no user', {}],
    ] as [string, Partial<EtcdOptions>][]) {
      it(`${title} is denied, and never hangs`, async () => {
        const kv = connect(options);
        expect((await rejection(kv.range({ key: '/shop/a' }))).code).to.equal('BERTH_STORE_DENIED');
        const seen = recordWatch(kv, { key: '/shop/a' });
        await until(() => seen.error);
        expect(seen.error?.code).to.equal('BERTH_STORE_DENIED');
      });
    }

    it('goes on after a restart of etcd, which forgets all tokens', async () => {
      const kv = anna();
      await write(kv, { put: '/shop/d', value: '1' });
      const before = recordWatch(kv, { key: '/shop/d' });
      await until(() => before.revision > 0);
      await etcd.kill();
      await until(() => before.error);
      await etcd.start();
      await until(() =>
        write(kv, { put: '/shop/d', value: '2' }).then(
          () => true,
          () => false,
        ),
      );
      let after = recordWatch(kv, { key: '/shop/d' });
      await until(() => {
        if (after.error) after = recordWatch(kv, { key: '/shop/d' });
        return after.revision > 0;
      });
      const { id: lease } = await kv.grantLease(60);
      await write(kv, { put: '/shop/d', value: '3', lease });
      await until(() => after.summary.includes('put /shop/d=3'));
    });

    it('a watch finds its way back by itself where only the watching connection knows an old token', async () => {
      const kv = anna();
      const before = recordWatch(kv, { key: '/shop/e' });
      await until(() => before.revision > 0);
      await etcd.stop();
      await until(() => before.error);
      await etcd.start();
      let attempts = 0;
      let seen = recordWatch(kv, { key: '/shop/e' });
      await until(() => {
        if (seen.error && ++attempts < 5) seen = recordWatch(kv, { key: '/shop/e' });
        return seen.revision > 0;
      });
    });
  });

  describe('by mutual TLS', () => {
    let directory: string;
    let authority: Awaited<ReturnType<typeof makeAuthority>>;

    before(async () => {
      directory = await mkdtemp(join(tmpdir(), 'berth-tls-'));
      authority = await makeAuthority(directory, 'authority');
      etcd = await startEtcd({ tls: await authority.issue('root') });
      await etcd.ctl('role', 'add', 'shop');
      await etcd.ctl('role', 'grant-permission', 'shop', 'readwrite', '/shop/', '/shop0');
      await etcd.ctl('user', 'add', 'anna', '--no-password');
      await etcd.ctl('user', 'grant-role', 'anna', 'shop');
    });
    after(async () => {
      await etcd?.close();
      await rm(directory, { recursive: true, force: true });
    });

    it('lets in who has a certificate', async () => {
      const kv = connect({ tls: await readTls(await authority.issue('anna')) });
      const seen = recordWatch(kv, { key: '/shop/a' });
      await until(() => seen.revision > 0 || seen.error);
      const { id: lease } = await kv.grantLease(60);
      await write(kv, { put: '/shop/a', value: '', lease });
      await until(() => seen.events.length === 1);
      await kv.revokeLease(lease);
    });

    for (const [title, code, options] of [
      [
        'no certificate',
        'BERTH_STORE_DENIED',
        async () => ({ tls: { ca: (await readTls(await authority.issue('x'))).ca } }),
      ],
      [
        'a certificate of another authority',
        'BERTH_STORE_DENIED',
        async () => {
          const other = await makeAuthority(directory, 'other');
          const { cert, key } = await readTls(await other.issue('anna'));
          return { tls: { ca: (await readTls(await authority.issue('x'))).ca, cert, key } };
        },
      ],
      [
        'an etcd that another authority signed',
        'BERTH_STORE_DENIED',
        async () => ({ tls: await readTls(await (await makeAuthority(directory, 'third')).issue('anna')) }),
      ],
      ['no TLS', 'BERTH_STORE_UNAVAILABLE', async () => ({ endpoints: [etcd.endpoint.replace('https', 'http')] })],
    ] as [string, Code, () => Promise<Partial<EtcdOptions>>][]) {
      it(`${title}: fails, with the fitting code, and never hangs`, async () => {
        const kv = connect(await options());
        const failure = await rejection(kv.range({ key: '/shop/a' }));
        expect(failure.code).to.equal(code);
        const seen = recordWatch(kv, { key: '/shop/a' });
        await until(() => seen.error);
        expect(seen.error?.code).to.equal(code);
      });
    }

    it('takes the common name of the certificate for the user', async () => {
      await etcd.ctl('user', 'add', 'root:unused');
      await etcd.ctl('user', 'grant-role', 'root', 'root');
      await etcd.ctl('auth', 'enable');
      const kv = connect({ tls: await readTls(await authority.issue('anna')) });
      await write(kv, { put: '/shop/a', value: '' });
      expect((await rejection(kv.range({ key: '/other' }))).code).to.equal('BERTH_STORE_DENIED');
    });
  });
});
