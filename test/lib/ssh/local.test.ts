import { expect } from 'chai';
import { systemClock } from '../../../lib/platform/index.ts';
import { localShell } from '../../../lib/ssh/index.ts';

const shell = localShell({ clock: systemClock });

describe('localShell', () => {
  // Elsewhere it would need sudo without a password.
  before(function () {
    if (process.getuid?.() !== 0) this.skip();
  });

  it('answers exit code and both outputs', async () =>
    expect(await shell.run('echo out; echo err >&2; exit 3')).to.deep.equal({
      code: 3,
      stdout: 'out\n',
      stderr: 'err\n',
    }));

  it('hands over the standard input', async () =>
    expect((await shell.run('wc -c', { stdin: 'x'.repeat(200_000) })).stdout.trim()).to.equal('200000'));

  it('does not mind a command that leaves its input unread', async () =>
    expect((await shell.run('exit 0', { stdin: 'x'.repeat(2_000_000) })).code).to.equal(0));

  it('cuts the output at 1 MiB', async () =>
    expect((await shell.run('head -c 3000000 /dev/zero')).stdout.length).to.equal(1024 * 1024));

  it('tells the signal that ended a command as a shell would', async () =>
    expect((await shell.run('kill -9 $$')).code).to.equal(137));

  it('ends a command that takes too long', async () => {
    const error = await shell.run('sleep 60', { timeoutMs: 50 }).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error).to.have.property('code', 'BERTH_TIMEOUT');
  });
});
