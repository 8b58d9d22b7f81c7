import { isCode } from '../../lib/errors/index.ts';
import { type Result, summarize } from '../../lib/reconcile/index.ts';
import type { Observation } from '../../lib/records/index.ts';
import { parseRecord } from '../../lib/schema/index.ts';
import type { Ippool } from './context.ts';

/** Answers a user's VirtualNetwork: what is wrong with it, or that nothing acts on the kind yet. */
export async function reconcileVirtualNetwork(name: string, { state, store, conditions }: Ippool): Promise<Result> {
  const written = state.get('virtualnetworks', name);
  if (!written) {
    await store.delete('status/virtualnetworks', name);
    return undefined;
  }
  const parsed = parseRecord({ kind: 'virtualnetworks', id: name, value: written.value });
  const accepted: Observation = parsed.ok
    ? { type: 'Accepted', status: 'False', reason: 'NotSupportedYet', message: 'nothing acts on a VirtualNetwork yet' }
    : {
        type: 'Accepted',
        status: 'False',
        reason: parsed.errors.every((error) => isCode(error, 'BERTH_NOT_SUPPORTED_YET'))
          ? 'NotSupportedYet'
          : 'Invalid',
        message: parsed.errors.map((error) => error.message).join('\n'),
      };
  const before = state.get('status/virtualnetworks', name)?.value;
  const generation = written.modRevision;
  await store.put('status/virtualnetworks', name, {
    observedGeneration: generation,
    phase: 'Failed',
    conditions: conditions(before?.conditions, [accepted, summarize([accepted])], generation),
  });
  return undefined;
}
