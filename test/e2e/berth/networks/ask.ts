import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import type { SandboxMachine } from '../../../harness/machines.ts';
import type { Member, Row } from './matrix.ts';

const script = readFile(new URL('ask.py', import.meta.url));

/** @returns the cells that are not as they should be, in words */
export async function wrongCells(
  matrix: readonly Row[],
  machineOf: (member: Member) => SandboxMachine | undefined,
): Promise<string[]> {
  const wrong = await Promise.all(
    matrix.map(async ({ from, cells }) => {
      const machine = machineOf(from);
      if (!machine) return [`${from.name} is on no machine`];
      const targets = cells.map(({ ask }) => ask);
      try {
        const answers = await ask(machine, from, targets);
        return cells.flatMap(({ of, wanted }, i) =>
          answers[i] === wanted ? [] : [`${from.name} → ${of}: “${answers[i]}”, not “${wanted}”`],
        );
      } catch (error) {
        return [`${from.name} on ${machine.host} cannot ask: ${String(error)}`];
      }
    }),
  );
  return wrong.flat();
}

/** Asks all targets at once from within a container. @returns what each answered */
async function ask(machine: SandboxMachine, { app, name }: Member, targets: readonly string[]): Promise<string[]> {
  const container = `$(docker ps --quiet --filter label=io.berth.container=default/${app}/${name})`;
  const command = `docker exec -i ${container} python3 - ${targets.join(' ')}`;
  const child = spawn('docker', ['exec', '-i', machine.id, 'sh', '-c', command], { timeout: 20_000 });
  let [said, complained] = ['', ''];
  child.stdout.on('data', (chunk) => (said += chunk));
  child.stderr.on('data', (chunk) => (complained += chunk));
  child.stdin.on('error', () => undefined);
  child.stdin.end(await script);
  const code = await new Promise((resolve, reject) => child.on('close', resolve).on('error', reject));
  if (code !== 0) throw new Error(complained.trim() || `exit code ${code}`);
  return said.split('\n').slice(0, targets.length);
}
