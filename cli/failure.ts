import { CommanderError } from 'commander';
import { BerthError, codes, messageOf } from '../lib/errors/index.ts';
import { adviceOf } from './advice.ts';

/** `EX_SOFTWARE` of sysexits.h: a defect of the program. */
export const DEFECT = 70;

/** 0 where nothing failed (help, version), 2 for a command line that is not understood, 1 for what the command met. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (error instanceof BerthError) return error.code === 'BERTH_USAGE' ? 2 : 1;
  return DEFECT;
}

/** Says on stderr what went wrong and what to do about it. Commander has said it already. */
export function report(error: unknown): void {
  if (error instanceof CommanderError) return;
  if (error instanceof BerthError) {
    process.stderr.write(`error: ${error.message}\n`);
    const advice = adviceOf(error);
    if (advice !== undefined) process.stderr.write(`${advice}\n`);
    return;
  }
  process.stderr.write(`error: ${messageOf(error)}\n${codes.BERTH_INTERNAL.do}\n`);
  if (error instanceof Error && error.stack) process.stderr.write(`${error.stack}\n`);
}
