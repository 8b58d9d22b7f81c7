import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { shimScript } from '../../../lib/docker/index.ts';
import { elfOf, tarOf } from '../../../lib/docker/pause.ts';

describe('the pause image', () => {
  it('is an archive that tar unpacks to an executable', () => {
    const directory = mkdtempSync(join(tmpdir(), 'berth-pause-'));
    try {
      const file = Buffer.from('#!/bin/sh\necho it runs\n');
      const { status, stderr } = spawnSync('tar', ['-x', '-C', directory], { input: tarOf('pause', file) });
      expect(stderr.toString()).equal('');
      expect(status).equal(0);
      expect(readFileSync(join(directory, 'pause'))).deep.equal(file);
      expect(spawnSync(join(directory, 'pause')).stdout.toString()).equal('it runs\n');
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  it('is a program of which header and length agree', () => {
    const elf = elfOf({ machine: 62, code: [0xeb, 0xfe] });
    expect(elf.subarray(0, 4).toString('latin1')).equal('\x7fELF');
    expect(elf.readBigUInt64LE(24) - elf.readBigUInt64LE(80)).equal(120n);
    expect(elf.readBigUInt64LE(96)).equal(BigInt(elf.length));
  });
});

describe('the runtime shim', () => {
  const directory = mkdtempSync(join(tmpdir(), 'berth-shim-'));
  after(() => rmSync(directory, { recursive: true }));
  const config = join(directory, 'config.json');
  const log = join(directory, 'log.json');
  const runc = join(directory, 'runc');
  writeFileSync(runc, '#!/bin/sh\necho "runc $*"\n', { mode: 0o755 });
  const run = (...words: string[]) =>
    spawnSync('sh', ['-c', shimScript, 'shim', ...words], {
      encoding: 'utf8',
      env: { ...process.env, PATH: `${directory}:${process.env.PATH}` },
    });

  it('passes on what makes no container', () => {
    expect(run('--root', '/run/x', 'delete', '--force', 'abcdef').stdout).equal(
      'runc --root /run/x delete --force abcdef\n',
    );
  });

  it('refuses a container whose namespace does not exist, and tells the engine why', () => {
    writeFileSync(config, '{"linux":{"namespaces":[{"type":"network"}]}}');
    const { status, stderr, stdout } = run(
      '--log',
      log,
      '--log-format',
      'json',
      'create',
      '--bundle',
      directory,
      '0123456789abcdef',
    );
    expect(status).equal(1);
    expect(stdout).equal('');
    expect(stderr).contain('berth-0123456789ab does not exist');
    expect(JSON.parse(readFileSync(log, 'utf8'))).deep.equal({
      level: 'error',
      msg: 'the network namespace berth-0123456789ab does not exist',
    });
  });
});
