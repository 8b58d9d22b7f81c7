import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { carries, loadToken } from '../../../cli/server/http/token.ts';
import { messageOf } from '../../../lib/errors/index.ts';

describe('the token file', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'berth-token-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('is made on the first call, for its owner alone, and kept', async () => {
    const path = join(folder, 'state', 'http-token');
    const token = await loadToken(path, { make: true });
    expect(token).to.match(/^[\w-]{43}$/);
    expect((await stat(path)).mode & 0o777).to.equal(0o600);
    expect(await loadToken(path, { make: true })).to.equal(token);
    expect(await readFile(path, 'utf8')).to.equal(`${token}\n`);
  });

  it('is the same for all who make it at once', async () => {
    const path = join(folder, 'http-token');
    const tokens = await Promise.all(Array.from({ length: 8 }, () => loadToken(path, { make: true })));
    expect(new Set(tokens).size).to.equal(1);
  });

  for (const [title, text] of [
    ['is empty', ''],
    ['holds too short a token', 'secret\n'],
    ['holds several words', 'correct horse battery staple\n'],
  ] as const)
    it(`is refused where it ${title}, without showing it`, async () => {
      const path = join(folder, 'http-token');
      await writeFile(path, text);
      const message = await loadToken(path, { make: true }).then(() => '', messageOf);
      expect(message).to.match(/holds no token/);
      if (text !== '') expect(message).not.to.include(text.trim());
    });

  it('that the user named is never made', async () => {
    const message = await loadToken(join(folder, 'none'), { make: false }).then(() => '', messageOf);
    expect(message).to.match(/cannot be read: ENOENT/);
  });
});

describe('an Authorization header', () => {
  const token = 'the-token-of-this-process';
  for (const [header, carried] of [
    [`Bearer ${token}`, true],
    [`bearer  ${token}`, true],
    [token, false],
    [`Basic ${token}`, false],
    [`Bearer ${token}x`, false],
    [`Bearer ${token.slice(1)}`, false],
    [`Bearer ${token} ${token}`, false],
    ['Bearer ', false],
    ['', false],
    [undefined, false],
  ] as const)
    it(`${JSON.stringify(header)} ${carried ? 'carries' : 'does not carry'} the token`, () =>
      expect(carries(header, token)).to.equal(carried));
});
