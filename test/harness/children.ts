import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';

const children = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of children) child.kill('SIGKILL');
});

/** Sees to it that a child does not outlive this process. @returns the child */
export function mortal<C extends ChildProcess>(child: C): C {
  children.add(child);
  child.once('exit', () => children.delete(child));
  // It could not be started, or signalled: whoever waits for what it should do finds that out.
  child.on('error', () => child.pid ?? children.delete(child));
  return child;
}

/** Whether it was started, and has not ended: of itself or by a signal. */
export const runs = ({ pid, exitCode, signalCode }: ChildProcess): boolean =>
  pid !== undefined && exitCode === null && signalCode === null;

/** Ends a child, unless it has ended. Resolves when it is gone. */
export async function end(child: ChildProcess, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
  if (!runs(child)) return;
  const exited = once(child, 'exit');
  child.kill(signal);
  // Who is frozen hears nothing but SIGKILL.
  child.kill('SIGCONT');
  await exited;
}
