import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Of containers on the engine of this machine that a test makes by itself: `make down` finds them by it. */
export const TEST_LABEL = 'io.berth.test';

/** Docker's own client against the engine of this machine. @returns what it prints, without the last line's end */
export async function docker(...args: string[]): Promise<string> {
  const { stdout } = await run('docker', args, { maxBuffer: 1 << 26 });
  return stdout.trimEnd();
}

/** The same, a line an element. */
export const dockerLines = async (...args: string[]): Promise<string[]> =>
  (await docker(...args)).split('\n').filter((line) => line !== '');
