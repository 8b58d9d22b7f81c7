import { isCode, messageOf } from '../../lib/errors/index.ts';
import { allDone, controller, type Result } from '../../lib/reconcile/index.ts';
import { hostOf, nameOf } from '../../lib/store/index.ts';
import { perform } from './effects.ts';
import { listen } from './hints.ts';
import { type ContainerContext, Host, READ_AGAIN } from './host.ts';
import { hostsConcerned } from './neighbourhood.ts';
import { plan } from './plan.ts';
import type { ContainerTools } from './tools.ts';

export { type ContainerTools, containerTools } from './tools.ts';

/** Shares of the hosts, divided among live replicas. A host's share never changes, so its fences grow. */
const SLOTS = ['0', '1', '2', '3', '4', '5', '6', '7'] as const;

/** By FNV-1a (32 bits, draft-eastlake-fnv-17) of the name: asked for every change of every host. */
function slotOf(host: string): string {
  let hash = 0x811c9dc5;
  for (let at = 0; at < host.length; at++) hash = Math.imul(hash ^ host.charCodeAt(at), 0x01000193);
  return SLOTS[((hash ^ (hash >>> 15)) >>> 0) % SLOTS.length]!;
}

/** Makes each host run what is assigned to it: containers, their network namespaces, published ports. */
export const container = controller<'observed', ContainerTools>({
  name: 'container',
  owns: ['observed'],
  // An event about any of these wakes the host that it belongs to.
  watches: {
    assignments: hostOf,
    observed: hostOf,
    endpoints: hostOf,
    // Routes to what others have, and rules about it.
    calico: hostsConcerned,
    containers: ({ id }, state) => state.by('assignments', 'container', id).map(hostOf),
    hosts: nameOf,
    // Another provider of its network.
    'accepted/dockerclouds': ({ id }, state) => state.list('hosts', id).map(nameOf),
    credentials: ({ id }, state) => state.list('hosts', id).map(nameOf),
  },
  slots: { names: SLOTS, of: slotOf },
  // Most of them wait for a host; dead ones for long.
  workers: 16,
  reconcile: reconcileHost,
  background: listen,
});

/** Plans and acts until nothing is left to do but wait. */
async function reconcileHost(name: string, context: ContainerContext): Promise<Result> {
  const { state, tools, fence } = context;
  const record = state.by('hosts', 'name', name)[0]?.value;
  if (!record) return withoutRecord(name, context);
  tools.memory.recorded(name);
  if (record.agent && tools.agentOf !== name) return;
  if (record.gone) return forgetAll(name, context);
  // Nothing was ever on it, and nobody need answer there yet.
  if (record.prepared === undefined) return;
  const memory = tools.memory.of(name, fence.revision);
  try {
    const host = new Host(name, context, {
      link: await tools.linkTo(name, state),
      memory,
      record,
    });
    await host.read();
    for (let steps = 0; steps < STEPS_AT_MOST; steps++) {
      await host.readNetwork();
      const actions = plan(host.snapshot());
      if (actions.length === 0) break;
      await perform(actions, host);
      if (host.conflicted) return { soon: true };
    }
    memory.silences = 0;
    return { after: host.next() };
  } catch (error) {
    if (context.signal.aborted || !isCode(error, ...TROUBLE)) throw error;
    // What the trouble means is hostpool's to decide. Here it only means to ask again later, and later still.
    const after = Math.min(TROUBLE_MOST, 1000 * 2 ** memory.silences++);
    context.log.warn({ host: name, code: error.code, error: messageOf(error), after }, 'the host is in trouble');
    return { after };
  }
}

/** Of a whole host: nobody answers, or what all its containers depend on is refused. */
const TROUBLE = [
  ...(['BERTH_ENGINE_UNREACHABLE', 'BERTH_ENGINE', 'BERTH_SSH', 'BERTH_HOST_KEY'] as const),
  ...(['BERTH_TIMEOUT', 'BERTH_COMMAND'] as const),
];
/** Milliseconds between questions to a host in trouble. */
const TROUBLE_MOST = 30_000;
/** The life of a container has half as many; a host that needs more goes round again. */
const STEPS_AT_MOST = 16;

/**
 * A host whose record somebody deleted: nobody reaches it any more, and hostpool destroys machines that no record
 * explains. Until that is sure to be done what was observed there stands, and keeps its addresses out of use.
 */
async function withoutRecord(name: string, context: ContainerContext): Promise<Result> {
  const { state, clock, tools } = context;
  if (state.list('observed', name).length === 0) return tools.memory.recorded(name);
  const left = tools.memory.unrecorded(name, clock.monotonic()) + WITHOUT_RECORD - clock.monotonic();
  const claimed = state.list('machineclaims').some(({ value }) => value.host === name);
  if (left > 0 || claimed) return { after: Math.max(left, READ_AGAIN) };
  return forgetAll(name, context);
}

/** Milliseconds that a host has no record until what was observed there is over. */
const WITHOUT_RECORD = 5 * 60_000;

/** A host that is gone runs nothing and never will: what was observed there is over. */
async function forgetAll(name: string, { state, store, tools }: ContainerContext): Promise<Result> {
  tools.memory.forget(name);
  await allDone(state.list('observed', name).map(({ id }) => store.delete('observed', id)));
}
