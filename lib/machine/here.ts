import { lookup } from 'node:dns/promises';
import { readdir, readFile } from 'node:fs/promises';
import { homedir, networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { BerthError, messageOf } from '../errors/index.ts';
import { usable } from '../ssh/index.ts';

/** What locations and links need to know of the machine that the controllers run on. */
export const here = {
  /** The user's and the system's known_hosts in one text. */
  async knownHosts(home = homedir()): Promise<string> {
    const files = [join(home, '.ssh', 'known_hosts'), '/etc/ssh/ssh_known_hosts'];
    const texts = await Promise.all(files.map((file) => readFile(file, 'utf8').catch(() => '')));
    return texts.join('\n');
  },

  /**
   * Private keys to log in with: the file named, else the user's own `~/.ssh/id_*` that need no passphrase.
   * @throws BERTH_SSH when the file named cannot be read or used
   */
  async userKeys(privateKeyFile: string | undefined, home = homedir()): Promise<string[]> {
    if (privateKeyFile !== undefined) return [await namedKey(privateKeyFile)];
    const folder = join(home, '.ssh');
    const names = (await readdir(folder).catch(() => [])).filter((name) => /^id_[a-z0-9_]+$/.test(name)).sort();
    const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8').catch(() => '')));
    // sshd allows six tries; the cloud's own key takes one.
    return texts.filter(usable).slice(0, 4);
  },

  /** Text of a file that a user's record names. @throws BERTH_INVALID where it cannot be read */
  async readLocal(path: string): Promise<string> {
    try {
      return await readFile(path, 'utf8');
    } catch (error) {
      throw new BerthError('BERTH_INVALID', `the file ${path} cannot be read: ${messageOf(error)}`);
    }
  },

  async resolve(name: string): Promise<string[]> {
    const found = await lookup(name, { all: true, verbatim: false });
    return found.map(({ address }) => address);
  },

  /** The first address of this machine that is not a loopback's; IPv4 before IPv6. */
  address(): string {
    const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
    const outside = all.filter(({ internal, address }) => !internal && !address.startsWith('fe80:'));
    return (outside.find(({ family }) => family === 'IPv4') ?? outside[0])?.address ?? '127.0.0.1';
  },
};

async function namedKey(path: string): Promise<string> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw new BerthError('BERTH_SSH', `spec.ssh.privateKeyFile cannot be read: ${messageOf(error)}`);
  }
  if (!usable(text))
    throw new BerthError('BERTH_SSH', `${path} of spec.ssh.privateKeyFile cannot be used`, {
      expected: 'a private key in OpenSSH or PEM format, without a passphrase',
    });
  return text;
}
