import { readFile } from 'node:fs/promises';
import { BerthError, messageOf } from '../../lib/errors/index.ts';

/**
 * Reads a file that an option names.
 *
 * @throws BERTH_USAGE naming the option when the file cannot be read
 */
export async function readOption(option: string, file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new BerthError('BERTH_USAGE', `${option} cannot be read: ${messageOf(error)}`);
  }
}
