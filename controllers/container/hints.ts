import type { EngineEvent } from '../../lib/docker/index.ts';
import { messageOf } from '../../lib/errors/index.ts';
import { sleep } from '../../lib/platform/index.ts';
import { nameOf } from '../../lib/store/index.ts';
import { type ContainerContext, labels } from './host.ts';

/** Milliseconds between looks at which hosts there are. */
const LOOK_AGAIN = 5000;
/** Milliseconds until a stream that ended is opened again: doubled while it keeps ending at once. */
const REOPEN = { first: 1000, most: 30_000 };

type Background = ContainerContext & { wake(key: string): void };

/** Listens to the engine of each host, one stream a host, for as long as we lead. What they say is only a reason to look. */
export async function listen(context: Background): Promise<void> {
  const { state, clock, signal, tools } = context;
  const streams = new Map<string, { stop: AbortController; ended: Promise<void> }>();
  const waker = (host: string) => {
    if (context.mine(host)) context.wake(host);
  };
  tools.memory.wakers.add(waker);
  try {
    for (;;) {
      const hosts = new Set(
        state
          .list('hosts')
          .filter(({ value }) => value.prepared !== undefined && !value.gone)
          .map((entry) => ({ host: nameOf(entry), agent: entry.value.agent }))
          .filter(({ host, agent }) => context.mine(host) && (!agent || tools.agentOf === host))
          .map(({ host }) => host),
      );
      for (const host of hosts) {
        if (streams.has(host)) continue;
        const stop = new AbortController();
        streams.set(host, { stop, ended: follow(host, context, stop.signal) });
      }
      for (const [host, { stop }] of streams) {
        if (hosts.has(host)) continue;
        stop.abort();
        streams.delete(host);
        tools.memory.forget(host);
      }
      await sleep(clock, LOOK_AGAIN, signal);
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    tools.memory.wakers.delete(waker);
    for (const { stop } of streams.values()) stop.abort();
    await Promise.all([...streams.values()].map(({ ended }) => ended));
  }
}

/** Never throws. Each time the stream ends the host is looked at: something may have been missed. */
async function follow(host: string, context: Background, signal: AbortSignal): Promise<void> {
  const { state, clock, log, installation, tools } = context;
  for (let wait = REOPEN.first; !signal.aborted; wait = Math.min(REOPEN.most, 2 * wait)) {
    try {
      const { engine } = await tools.linkTo(host, state);
      for await (const event of engine.events(signal)) {
        wait = REOPEN.first;
        if (event.labels[labels.installation] !== installation || !matters(event)) continue;
        tools.memory.heard(host, event.containerId);
        context.wake(host);
      }
    } catch (error) {
      if (!signal.aborted) log.debug({ host, error: messageOf(error) }, 'cannot listen to the engine');
    }
    await sleep(clock, wait, signal).catch(() => undefined);
    if (signal.aborted) return;
    // An engine that starts again rewrites the host's rules; a host that does has lost its network.
    tools.memory.missed(host);
    context.wake(host);
  }
}

/** Commands run in a container, by a health check every few seconds, say nothing about it. */
const matters = ({ action }: EngineEvent): boolean => !action.startsWith('exec_');
