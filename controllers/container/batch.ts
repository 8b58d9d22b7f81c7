import { isCode, messageOf } from '../../lib/errors/index.ts';
import { Fenced, type HostFence } from '../../lib/fence/index.ts';
import { addressesOf, BatchFailed, type HostNetworkPlan } from '../../lib/network/index.ts';
import { stillLeads } from '../../lib/reconcile/index.ts';
import type { Host } from './host.ts';
import { networkOf, signature } from './network.ts';

/** Applies the batch, and remembers what the host's network is now. */
export async function applyNetwork(plan: HostNetworkPlan, host: Host): Promise<void> {
  const { context, memory, link } = host;
  const { controller, revision } = context.fence;
  const fence: HostFence = { controller, revision };
  let failed: ReadonlyMap<string, string> = new Map();
  context.fence.check();
  try {
    await link.network.apply(plan, fence, context.signal).catch(async (error: unknown) => {
      if (!(error instanceof Fenced) || !(await stillLeads(context))) throw error;
      context.log.warn({ host: host.name, stored: error.stored }, 'a fence of a lost future: the store was restored');
      await link.network.apply(plan, { ...fence, restoredFrom: error.stored }, context.signal);
    });
  } catch (error) {
    if (isCode(error, 'BERTH_COMMAND'))
      context.event(`hosts/${host.name}`, 'Warning', 'NetworkFailed', messageOf(error));
    if (!(error instanceof BatchFailed)) throw error;
    failed = error.failed;
  }

  memory.applied = signature(plan, host);
  memory.intact = true;
  memory.namespaces = new Map(
    plan.attachments
      .filter(({ uid }) => !failed.has(uid))
      .map(({ namespace, interfaces }) => [namespace, interfaces.flatMap(addressesOf)]),
  );
  // Where plugins choose the addresses, what they chose has to be asked for.
  if (host.network?.provider === 'cni') delete memory.namespaces;
  const uids = new Set(plan.attachments.map(({ uid }) => uid));
  for (const what of ['network', 'namespaces', ...uids])
    if (!failed.has(what)) host.succeeded(uids.has(what) ? networkOf(what) : what);
  for (const [what, message] of failed) {
    // A failure is of an attachment, of a namespace that would not go, or of something that all share.
    if (uids.has(what)) host.failed(networkOf(what), message);
    else host.failed(what.startsWith('berth-') ? 'namespaces' : 'network', message);
  }
}
