import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { fencedShell } from '../../../../controllers/hostpool/prepare/index.ts';
import type { CommandResult, Shell } from '../../../../lib/ssh/index.ts';

describe('fencedShell', () => {
  let folder: string;
  let shell: Shell;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'berth-fence-'));
    shell = {
      run: (command) =>
        new Promise<CommandResult>((resolve) => {
          const moved = command.replaceAll('/var/lib/berth', folder);
          execFile('sh', ['-c', moved], (error, stdout, stderr) =>
            resolve({ code: error ? Number(error.code) : 0, stdout, stderr }),
          );
        }),
      close() {},
    };
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const leader = (revision: number, stillLeads = false) =>
    fencedShell(shell, {
      fence: { controller: 'hostpool', revision, check() {} },
      installation: 'ours',
      stillLeads: async () => stillLeads,
    });
  const failureOf = (promise: Promise<unknown>) =>
    promise.then(
      () => undefined,
      (error: unknown) => error,
    );
  const stored = () => readFileSync(join(folder, 'ours', 'fence-hostpool'), 'utf8').trim();

  it('runs commands and keeps the highest revision on disk', async () => {
    expect(await leader(5).run('echo a; exit 3')).to.deep.equal({ code: 3, stdout: 'a\n', stderr: '' });
    expect((await leader(7).run('echo b')).stdout).to.equal('b\n');
    expect(stored()).to.equal('7');
  });

  it('refuses a leader that was followed by another, and runs nothing of it', async () => {
    await leader(7).run('true');
    const error = await failureOf(leader(5).run(`touch ${folder}/done`));
    expect(error).to.have.property('code', 'BERTH_FENCED');
    expect((await leader(7).run(`ls ${folder}`)).stdout).to.not.contain('done');
  });

  it('replaces a fence of a future that a restore has undone', async () => {
    await leader(900).run('true');
    expect((await leader(5, true).run('echo in')).stdout).to.equal('in\n');
    expect(stored()).to.equal('5');
  });

  it('does not take a command’s own failure for a refusal', async () => {
    expect((await leader(5).run('exit 75')).code).to.equal(75);
  });

  it('runs nothing where the fence cannot be read', async () => {
    await leader(5).run('true');
    writeFileSync(join(folder, 'ours', 'fence-hostpool'), 'garbage');
    expect((await leader(5).run(`touch ${folder}/done`)).code).to.not.equal(0);
  });

  it('asks the lead before each command', async () => {
    const lost = fencedShell(shell, {
      fence: {
        controller: 'hostpool',
        revision: 1,
        check() {
          throw new Error('the lease may have run out');
        },
      },
      installation: 'ours',
      stillLeads: async () => false,
    });
    expect(await failureOf(lost.run('true'))).to.have.property('message', 'the lease may have run out');
  });
});
