import { expect } from 'chai';
import { isCode } from '../../../lib/errors/index.ts';
import { silent, systemClock } from '../../../lib/platform/index.ts';
import { createEtcd } from '../../../lib/store/etcd/index.ts';
import { type Kv, OutcomeUnknown } from '../../../lib/store/kv.ts';
import { type EtcdProcess, startEtcd } from '../../harness/etcd.ts';
import { recordWatch, until, write } from '../../lib/store/conformance.ts';

describe('etcd at its limits', function () {
  this.timeout(60_000);
  let etcd: EtcdProcess;
  let kv: Kv;

  const start = async (flags: string[]) => {
    etcd = await startEtcd({ flags });
    kv = createEtcd({ endpoints: [etcd.endpoint], clock: systemClock, log: silent });
  };
  afterEach(async () => {
    kv?.close();
    await etcd?.close();
  });

  it('says so when it is full; reads and watches go on', async () => {
    await start(['--quota-backend-bytes=8000000']);
    const seen = recordWatch(kv, { key: 'small' });
    await until(() => seen.revision > 0);
    await write(kv, { put: 'small', value: '1' });
    const fill = async () => {
      for (let i = 0; ; i++) await write(kv, { put: `big-${i}`, value: Buffer.alloc(1_000_000, i) });
    };
    const failure = await fill().catch((error: unknown) => error);
    expect(isCode(failure, 'BERTH_STORE_FULL'), String(failure)).to.equal(true);
    expect(failure).not.to.be.instanceOf(OutcomeUnknown);
    expect((await kv.range({ key: 'small' })).count).to.equal(1);
    await until(() => seen.events.length === 1);
    expect(seen.error).to.equal(undefined);
  });

  it('goes back to a snapshot: watches end, revisions are lower, what came later is gone', async () => {
    await start([]);
    const { revision } = await write(kv, { put: 'a', value: '1' });
    const file = await etcd.snapshot();
    await write(kv, { put: 'a', value: '2' });
    await write(kv, { put: 'b', value: '2' });
    const seen = recordWatch(kv, { key: 'a' });
    await until(() => seen.revision > 0);
    await etcd.restore(file);
    await until(() => seen.error);
    await until(() =>
      kv.range({ key: 'a' }).then(
        () => true,
        () => false,
      ),
    );
    const after = await kv.range({ key: 'a', end: 'c' });
    expect(after.revision).to.equal(revision);
    expect(after.kvs.map(({ key, value }) => `${key}=${value}`)).to.deep.equal(['a=1']);
  });
});
