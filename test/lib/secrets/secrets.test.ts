import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { createSealer, defaultIdentityPath, loadIdentity, recipientOf } from '../../../lib/secrets/index.ts';

const failureOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => expect.fail('it should have failed'),
    (error: unknown) => error,
  );

describe('secrets', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'berth-secrets-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  describe('loadIdentity', () => {
    it('makes one that nobody else can read, and answers the same ever after', async () => {
      const path = join(folder, 'state', 'identity');
      const identity = await loadIdentity(path);
      expect(identity).to.match(/^AGE-SECRET-KEY-1/);
      expect((await stat(path)).mode & 0o777).to.equal(0o600);
      expect(await loadIdentity(path)).to.equal(identity);
      expect(await readFile(path, 'utf8')).to.contain(await recipientOf(identity));
    });

    it('answers one identity to processes that start at once', async () => {
      const path = join(folder, 'identity');
      const identities = await Promise.all(Array.from({ length: 8 }, () => loadIdentity(path)));
      expect(new Set(identities)).to.have.property('size', 1);
    });

    it('refuses a file that holds something else, without showing it', async () => {
      const path = join(folder, 'identity');
      await writeFile(path, 'hunter2');
      const error = await failureOf(loadIdentity(path));
      expect(error).to.have.property('code', 'BERTH_USAGE');
      expect(String(error)).to.contain(path).and.not.contain('hunter2');
    });

    for (const [env, path] of [
      [{ BERTH_IDENTITY: '/etc/berth/identity', XDG_STATE_HOME: '/x' }, '/etc/berth/identity'],
      [{ XDG_STATE_HOME: '/x' }, '/x/berth/identity'],
    ] as const)
      it(`is looked for at ${path}`, () => expect(defaultIdentityPath(env)).to.equal(path));
  });

  describe('createSealer', () => {
    it('opens what it sealed', async () => {
      const sealer = await createSealer({ identity: await loadIdentity(join(folder, 'a')) });
      const sealed = await sealer.seal('hunter2 ü');
      expect(sealed)
        .to.match(/^-----BEGIN AGE ENCRYPTED FILE-----/)
        .and.not.contain('hunter2');
      expect(await sealer.open(sealed)).to.equal('hunter2 ü');
    });

    it('cannot open what was sealed to others, and says what is needed', async () => {
      const ours = await createSealer({ identity: await loadIdentity(join(folder, 'a')) });
      const theirs = await createSealer({ identity: await loadIdentity(join(folder, 'b')) });
      const error = await failureOf(theirs.open(await ours.seal('x')));
      expect(error).to.have.property('code', 'BERTH_INVALID');
      expect(String(error)).to.contain('identity file');
    });
  });
});
