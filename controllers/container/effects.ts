import { EngineError, ensurePauseImage } from '../../lib/docker/index.ts';
import { isCode, messageOf } from '../../lib/errors/index.ts';
import { allDone } from '../../lib/reconcile/index.ts';
import type { ObservedRecord } from '../../lib/records/index.ts';
import type { Guard } from '../../lib/store/index.ts';
import { applyNetwork } from './batch.ts';
import { containerOptions, pauseOptions } from './create.ts';
import { ANSWER_WITHIN, type Host, labels as label } from './host.ts';
import { type Action, type Contained, type Member, removalOf } from './model.ts';

/**
 * Does all steps of a plan at once, as far as they go, and brings what is known of the host up to date. What fails for
 * one container is noted and tried again later; the others do not notice.
 *
 * @throws what concerns the whole host: nobody answers, a newer leader has been there, the lead is lost
 */
export async function perform(actions: readonly Action[], host: Host): Promise<void> {
  await allDone(actions.map((action) => step(action, host)));
}

async function step(action: Action, host: Host): Promise<void> {
  switch (action.do) {
    case 'claim':
    case 'report':
      return write(action.member, action.observed, host);
    case 'forget':
      return write(action.member, undefined, host);
    case 'network':
      return applyNetwork(action.plan, host);
    case 'inspect':
      return attempt(action.container, host, () => inspect(action.container, host));
    case 'stop':
      return stop(action.container, host);
    case 'remove':
      return attempt(removal(action.container), host, () => remove(action.container, host));
    case 'hold':
      return attempt(memberOf(action.member), host, () => hold(action, host));
    case 'create':
      return attempt(memberOf(action.member), host, () => create(action, host));
    case 'start':
      return attempt(action.container, host, () => start(action.container, host));
  }
}

/** Writes or deletes `observed`. With state `creating` it compares the assignment and the endpoint that it goes by. */
async function write(member: Member, value: ObservedRecord | undefined, host: Host): Promise<void> {
  const { store, fence } = host.context;
  const { id, revisions } = member;
  const key = `${host.name}/${id}`;
  const guards: Guard[] =
    value?.state === 'creating'
      ? [
          { unchanged: 'assignments', id: key, at: revisions.assignment },
          { unchanged: 'endpoints', id: key, at: revisions.endpoint },
        ]
      : [];
  fence.check();
  try {
    const expect = revisions.observed;
    const write = value
      ? ({ put: 'observed', id: key, value, expect } as const)
      : ({ delete: 'observed', id: key, expect } as const);
    host.wrote(id, await store.commit({ writes: [write], guards }), value);
  } catch (error) {
    if (!isCode(error, 'BERTH_CONFLICT')) throw error;
    host.conflicted = true;
  }
}

/** What a failure is noted under, and whom it is told of. */
type Subject = { uid: string; member: string };

const memberOf = ({ id, assignment }: Member): Subject => ({ uid: assignment?.uid ?? '', member: id });
const removal = ({ uid, member }: Contained): Subject => ({ uid: removalOf(uid), member });

/** What goes wrong with one container stays with it; what no container can help is thrown. */
async function attempt(subject: Subject, host: Host, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (host.context.signal.aborted || !isCode(error, 'BERTH_ENGINE', 'BERTH_IMAGE')) throw error;
    host.failed(subject.uid, messageOf(error));
    host.context.event(`containers/${subject.member}`, 'Warning', 'Failed', `on ${host.name}: ${messageOf(error)}`);
  }
}

async function inspect(container: Contained, host: Host): Promise<void> {
  const { engine } = host.link;
  try {
    const details = await engine.inspect(container.id, { signal: host.context.signal, timeoutMs: ANSWER_WITHIN });
    host.memory.details.set(container.id, details);
    host.containers.set(container.id, { ...container, state: details.state, details });
  } catch (error) {
    if (!isGone(error)) throw error;
    host.containers.delete(container.id);
  }
}

/** Takes as long as the container's grace: in the background. */
function stop(container: Contained, host: Host): Promise<void> {
  host.context.fence.check();
  host.inBackground(container.id, () =>
    attempt(removal(container), host, async () => {
      await host.link.engine.stop(container.id, container.stopGrace);
      host.succeeded(removalOf(container.uid));
    }),
  );
  return Promise.resolve();
}

async function remove(container: Contained, host: Host): Promise<void> {
  const { fence, signal } = host.context;
  await queued(host, async () => {
    fence.check();
    await host.link.engine.remove(container.id, { signal });
  });
  host.containers.delete(container.id);
  host.memory.details.delete(container.id);
  host.succeeded(container.uid);
  host.succeeded(removalOf(container.uid));
}

async function hold({ member, uid, container }: Extract<Action, { do: 'hold' }>, host: Host): Promise<void> {
  const { fence, signal } = host.context;
  const { engine } = host.link;
  await queued(host, async () => {
    await ensurePauseImage(engine, { signal });
    fence.check();
    const options = pauseOptions(member, host);
    const id = container?.id ?? (await orAdopt(() => engine.create(options, { signal }), options.name, { uid, host }));
    await engine.start(id, { signal });
    const { name, image, stopGrace } = options;
    await inspect({ id, name, image, state: 'running', role: 'pause', uid, member: member.id, stopGrace }, host);
  });
}

async function create(action: Extract<Action, { do: 'create' }>, host: Host): Promise<void> {
  const { fence, signal } = host.context;
  const { member, record } = action;
  const options = containerOptions(action, host);
  const uid = member.assignment?.uid ?? '';
  await queued(host, async () => {
    fence.check();
    try {
      const make = () => host.link.engine.create(options, { signal });
      const id = await orAdopt(make, options.name, { uid, host });
      host.containers.set(id, {
        ...{ id, name: options.name, image: record.image, uid, member: member.id, stopGrace: record.stopGrace },
        state: 'created',
        role: 'container',
      });
      host.succeeded(uid);
    } catch (error) {
      if (!(error instanceof EngineError && error.statusCode === 404)) throw error;
      pull(record.image, member, host);
    }
  });
}

/** A name that is taken is taken by an earlier attempt of ours whose reply was lost. */
async function orAdopt(
  make: () => Promise<string>,
  name: string,
  { uid, host }: { uid: string; host: Host },
): Promise<string> {
  const { signal, installation } = host.context;
  try {
    return await make();
  } catch (error) {
    if (!(error instanceof EngineError && error.statusCode === 409)) throw error;
    const { id, labels } = await host.link.engine.inspect(name, { signal });
    if (labels[label.installation] !== installation || labels[label.uid] !== uid) throw error;
    return id;
  }
}

/** Takes minutes: in the background, once for all containers of the host that need the image. */
function pull(image: string, member: Member, host: Host): void {
  const key = `image:${image}`;
  const { memory, link, context } = host;
  if (memory.busy.has(key)) return;
  host.inBackground(key, async () => {
    try {
      await memory.pulls.add(() => link.engine.pull(image));
      host.succeeded(key);
    } catch (error) {
      host.failed(key, messageOf(error));
      context.event(`containers/${member.id}`, 'Warning', 'PullFailed', `on ${host.name}: ${messageOf(error)}`);
    }
  });
}

async function start(container: Contained, host: Host): Promise<void> {
  const { fence, signal } = host.context;
  const stale = { ...container };
  delete stale.details;
  try {
    await queued(host, async () => {
      fence.check();
      await host.link.engine.start(container.id, { signal });
    });
    host.succeeded(container.uid);
    host.containers.set(container.id, { ...stale, state: 'running' });
  } catch (error) {
    // Most likely the namespace is gone, whatever we believe: look.
    if (error instanceof EngineError) delete host.memory.namespaces;
    if (isGone(error)) host.containers.delete(container.id);
    else host.containers.set(container.id, stale);
    throw error;
  }
}

const queued = async (host: Host, work: () => Promise<void>): Promise<void> => {
  await host.memory.effects.add(work);
};

const isGone = (error: unknown): boolean => error instanceof EngineError && error.statusCode === 404;
