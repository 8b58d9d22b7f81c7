import { expect } from 'chai';
import { Command } from 'commander';
import { findResource, resources } from '../../../cli/client/resources/index.ts';
import { messageOf } from '../../../lib/errors/index.ts';

interface CommandFile {
  register(program: Command): void;
}

/** What `berth help <name>` prints. */
function helpOf(name: string, { register }: CommandFile): string {
  let text = '';
  const program = new Command('berth').configureOutput({
    writeOut(part) {
      text += part;
    },
  });
  register(program);
  program.commands.find((command) => command.name() === name)?.outputHelp();
  return text.replace(/\s+/g, ' ');
}

describe('the help of a command', () => {
  for (const [name, shown, load] of [
    ['wait', '30s', () => import('../../../cli/commands/wait.ts')],
    ['exec', '1m', () => import('../../../cli/commands/exec.ts')],
    ['delete', '0', () => import('../../../cli/commands/delete.ts')],
  ] as const)
    it(`${name} shows the normal time as it is written, and what a plain number is`, async () =>
      expect(helpOf(name, await load())).to.include(`a plain number is seconds (default: ${shown})`));

  it('get names every kind with the short names that an error names, and each of them is understood', async () => {
    const help = helpOf('get', await import('../../../cli/commands/get.ts'));
    let refusal = '';
    try {
      findResource('nonsense');
    } catch (error) {
      refusal = messageOf(error);
    }
    for (const { plural } of resources) {
      const [named = ''] = new RegExp(`\\b${plural}( \\([^)]*\\))?(?=,|;)`).exec(refusal) ?? [];
      expect(help, plural).to.include(` ${named} `);
      for (const short of /\((.*)\)/.exec(named)?.[1]?.split(', ') ?? [])
        expect(findResource(short).plural).to.equal(plural);
    }
  });
});

describe('berth up', () => {
  const before = process.env.BERTH_ETCD;
  afterEach(() => {
    if (before === undefined) delete process.env.BERTH_ETCD;
    else process.env.BERTH_ETCD = before;
  });

  async function refusal(args: readonly string[]): Promise<string> {
    const program = new Command('berth');
    (await import('../../../cli/commands/up.ts')).register(program);
    return program.parseAsync(['up', '--data-dir', '/nowhere', ...args], { from: 'user' }).then(() => '', messageOf);
  }

  it('names the variable of the environment that keeps it from an etcd of its own', async () => {
    process.env.BERTH_ETCD = 'http://10.0.0.1:2379';
    expect(await refusal([])).to.include('found BERTH_ETCD=http://10.0.0.1:2379 in the environment; unset it');
  });

  it('names the option that does', async () => {
    delete process.env.BERTH_ETCD;
    expect(await refusal(['--etcd', 'a'])).to.include('found --etcd a;');
  });
});
