import type { Command } from 'commander';

export function register(program: Command): void {
  program
    .command('explain')
    .description('describes a kind of record, or one of its fields')
    .argument('<path>', 'KIND or KIND.FIELD.FIELD: application.spec.services.openPorts')
    .action(async (path: string) => {
      const { explain } = await import('../client/explain.ts');
      process.stdout.write(explain(path));
    });
}
