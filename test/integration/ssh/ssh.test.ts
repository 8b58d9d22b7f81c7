import { expect } from 'chai';
import { BerthError } from '../../../lib/errors/index.ts';
import { silent, systemClock } from '../../../lib/platform/index.ts';
import { VirtualClock } from '../../../lib/simulation/index.ts';
import { createSsh, fingerprint, generateKeyPair, type Shell, type SshTarget } from '../../../lib/ssh/index.ts';
import { type Sshd, startSshd } from './sshd.ts';

const failureOf = (promise: Promise<unknown>): Promise<BerthError> =>
  promise.then(
    () => expect.fail('it should have failed'),
    (error: unknown) => (error instanceof BerthError ? error : expect.fail(String(error))),
  );

describe('SSH to a real server', function () {
  this.timeout(60_000);
  const ssh = createSsh({ clock: systemClock, log: silent });
  let sshd: Sshd;
  let target: SshTarget;

  before(async () => {
    // Two sessions a connection, so that a third meets "Channel open failure".
    sshd = await startSshd(['MaxSessions 2', 'MaxStartups 100']);
    target = {
      address: '127.0.0.1',
      port: sshd.port,
      user: 'root',
      hostKeys: [fingerprint(sshd.hostKeys.ed25519)],
      privateKey: sshd.privateKey,
    };
  });
  after(async () => {
    ssh.close();
    await sshd?.stop();
  });

  it('runs a command with its input and tells how it ended', async () =>
    expect(await ssh.shell(target).run('cat; echo err >&2; exit 4', { stdin: 'in' })).to.deep.equal({
      code: 4,
      stdout: 'in',
      stderr: 'err\n',
    }));

  it('carries a large input and a large output, cut at 1 MiB', async () =>
    expect((await ssh.shell(target).run('cat', { stdin: 'x'.repeat(3_000_000) })).stdout.length).to.equal(1024 * 1024));

  it('runs more commands at once than the server gives sessions', async () => {
    const results = await Promise.all(
      Array.from({ length: 12 }, (_, i) => ssh.shell(target).run(`sleep 0.1; echo ${i}`)),
    );
    expect(results.map(({ stdout }) => Number(stdout))).to.deep.equal(results.map((_, i) => i));
  });

  it('verifies a machine known by its RSA key alone', async () =>
    expect(
      (await ssh.shell({ ...target, hostKeys: [fingerprint(sshd.hostKeys.rsa)] }).run('echo yes')).stdout,
    ).to.equal('yes\n'));

  it('refuses another host key before it authenticates, and names the one it saw', async () => {
    const error = await failureOf(ssh.shell({ ...target, hostKeys: ['SHA256:other'] }).run('true'));
    expect(error.code).to.equal('BERTH_HOST_KEY');
    expect(error.message).to.contain(fingerprint(sshd.hostKeys.ed25519)).and.contain('spec.ssh.hostKeys');
  });

  it('says so when the key is not let in', async () => {
    const error = await failureOf(
      ssh.shell({ ...target, privateKey: generateKeyPair('stranger').privateKey }).run('true'),
    );
    expect(error.code).to.equal('BERTH_SSH');
    expect(error.message).to.contain('authorized_keys');
  });

  it('tries the other keys in order', async () =>
    expect(
      (
        await ssh
          .shell({ ...target, privateKey: generateKeyPair('stranger').privateKey, otherKeys: [sshd.privateKey] })
          .run('echo in')
      ).stdout,
    ).to.equal('in\n'));

  it('ends a command at its deadline and goes on with the next', async () => {
    expect((await failureOf(ssh.shell(target).run('sleep 60', { timeoutMs: 300 }))).code).to.equal('BERTH_TIMEOUT');
    expect((await ssh.shell(target).run('echo on')).stdout).to.equal('on\n');
  });

  it('dials again after the server was restarted', async () => {
    await ssh.shell(target).run('true');
    await sshd.restart();
    const error = await ssh
      .shell(target)
      .run('true')
      .catch((thrown: unknown) => thrown);
    if (error instanceof BerthError) expect(error.code).to.equal('BERTH_SSH');
    expect((await ssh.shell(target).run('echo again')).stdout).to.equal('again\n');
  });

  it('reads the key again after a login that failed: its file may have been changed', async () => {
    const keys = [generateKeyPair('former').privateKey, sshd.privateKey];
    let asked = 0;
    const shell = ssh.shell(async () => ({ ...target, privateKey: keys[Math.min(asked++, 1)]! }));
    expect((await failureOf(shell.run('true'))).code).to.equal('BERTH_SSH');
    expect((await shell.run('echo in')).stdout).to.equal('in\n');
    await shell.run('true');
    expect(asked).to.equal(2);
  });

  it('leaves the connection of others alone when a shell closes whose own has ended', async () => {
    const clock = new VirtualClock();
    const shared = createSsh({ clock, log: silent });
    try {
      const [first, second] = [shared.shell(target), shared.shell(target)];
      const connection = async (shell: Shell) => (await shell.run('echo $SSH_CONNECTION')).stdout;
      const ended = await connection(first);
      await clock.advance(60_000);
      const now = await connection(second);
      expect(now).to.not.equal(ended);
      first.close();
      expect(await connection(second)).to.equal(now);
    } finally {
      shared.close();
    }
  });

  it('says so when nobody listens', async () =>
    expect((await failureOf(ssh.shell({ ...target, port: 1 }).run('true'))).code).to.equal('BERTH_SSH'));
});
