import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { Fenced, fenceVariables, type HostFence, RAISE_FENCE, refusalIn } from '../../../lib/fence/index.ts';
import { quote } from '../../../lib/ssh/index.ts';

describe('the fence of a host', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'berth-fence-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  /** What a host would do: raise the fence, then a command. */
  function come(fence: HostFence) {
    const variables = Object.entries({ ...fenceVariables(fence, 'ours'), state: folder });
    const script = `${variables.map(([name, value]) => `${name}=${quote(value)}`).join('\n')}\n${RAISE_FENCE}\necho in`;
    const { status, stdout, stderr } = spawnSync('sh', ['-s'], { input: script, encoding: 'utf8' });
    return { ran: stdout === 'in\n', refusal: refusalIn({ code: status ?? -1, stderr }, fence), stderr };
  }
  const kept = (controller: string) => readFileSync(join(folder, `fence-${controller}`), 'utf8').trim();
  const container = (revision: number, restoredFrom?: number): HostFence => ({
    controller: 'container',
    revision,
    ...(restoredFrom !== undefined && { restoredFrom }),
  });

  it('lets in who comes with the same revision or a higher one, and keeps the highest', () => {
    for (const revision of [5, 5, 7]) expect(come(container(revision)).ran).equal(true);
    expect(kept('container')).equal('7');
  });

  it('refuses a lower revision, and tells which one it holds', () => {
    come(container(7));
    const { ran, refusal } = come(container(5));
    expect(ran).equal(false);
    expect(refusal).instanceOf(Fenced).include({ code: 'BERTH_FENCED', stored: 7 });
    expect(kept('container')).equal('7');
  });

  it('compares numbers, not texts', () => {
    come(container(9));
    expect(come(container(10)).ran).equal(true);
  });

  it('gives way to a lower one only where that names the very fence that a restore has undone', () => {
    come(container(900));
    expect(come(container(5, 800)).ran).equal(false);
    expect(come(container(5, 900)).ran).equal(true);
    expect(kept('container')).equal('5');
  });

  it('is one for each controller', () => {
    come(container(7));
    expect(come({ controller: 'hostpool', revision: 3 }).ran).equal(true);
    expect(come({ controller: 'some/thing', revision: 3 }).ran).equal(true);
    expect(kept('some~thing')).equal('3');
  });

  for (const text of ['', 'garbage', '7 8x', '-1'])
    it(`lets nobody in while it cannot be read: ${JSON.stringify(text)}`, () => {
      writeFileSync(join(folder, 'fence-container'), text);
      const { ran, refusal, stderr } = come(container(9));
      expect(ran).equal(false);
      expect(refusal).equal(undefined);
      expect(stderr).contain('fence-container');
    });

  it('takes a command’s own exit code for no refusal', () => {
    for (const code of [75, 76]) expect(refusalIn({ code, stderr: 'no marker' }, container(1))).equal(undefined);
  });
});
