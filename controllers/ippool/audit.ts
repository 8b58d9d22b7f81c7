import type { Result } from '../../lib/reconcile/index.ts';
import type { Ippool } from './context.ts';

export async function reconcileAudit(_: Ippool): Promise<Result> {
  return undefined;
}
