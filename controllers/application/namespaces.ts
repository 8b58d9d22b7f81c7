/** Namespaces: accepted or refused, and gone with the user's key. Nothing is made for them. */

import type { Observation } from '../../lib/records/index.ts';
import { parseRecord } from '../../lib/schema/index.ts';
import { acceptance } from './accept.ts';
import type { ApplicationContext } from './context.ts';

export async function reconcileNamespace(
  name: string,
  { state, store, conditions }: ApplicationContext,
): Promise<void> {
  const written = state.get('namespaces', name);
  const accepted = state.get('accepted/namespaces', name);
  if (!written) {
    await store.commit({
      writes: [
        ...(accepted ? [{ delete: 'accepted/namespaces' as const, id: name, expect: accepted.modRevision }] : []),
        { delete: 'status/namespaces', id: name },
      ],
    });
    return;
  }
  const verdict = parseRecord({ kind: 'namespaces', id: name, value: written.value });
  if (verdict.ok) {
    const value = { generation: written.modRevision, uid: written.createRevision, spec: verdict.spec };
    await store.put('accepted/namespaces', name, value, {
      guards: [{ unchanged: 'namespaces', id: name, at: written.modRevision }],
    });
  }
  const observed = acceptance(verdict);
  const ready: Observation = { ...observed, type: 'Ready', reason: verdict.ok ? 'Ready' : observed.reason };
  const before = state.get('status/namespaces', name)?.value;
  await store.put('status/namespaces', name, {
    observedGeneration: written.modRevision,
    phase: verdict.ok ? 'Active' : 'Failed',
    conditions: conditions(before?.conditions, [observed, ready], written.modRevision),
  });
}
