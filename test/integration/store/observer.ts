import { type Kv, prefixEnd, type WatchEvent } from '../../../lib/store/index.ts';

/** Sees every event below a prefix, past all faults: etcd's own history, for a test to compare with. */
export interface Observer {
  readonly events: readonly WatchEvent[];
  /** Up to here all is in `events`. Nothing above it may be compacted. */
  readonly cursor: number;
  close(): void;
}

/** @param kv a client without a proxy; etcd may restart, but not go back */
export function observe(kv: Kv, prefix: string, from: number): Observer {
  const events: WatchEvent[] = [];
  let cursor = from;
  let closed = false;
  let failure: string | undefined;
  let watch = open();
  function open() {
    return kv.watch({
      key: prefix,
      end: prefixEnd(prefix),
      startRevision: cursor + 1,
      onEvents(batch, revision) {
        events.push(...batch);
        if (batch.length > 0) cursor = revision;
      },
      onEnd(error) {
        if (error.code === 'BERTH_STORE_COMPACTED') failure = error.message;
        else setTimeout(reopen, 50);
      },
    });
  }
  function reopen() {
    if (!closed) watch = open();
  }
  return {
    events,
    get cursor() {
      if (failure) throw new Error(`the observer missed events: ${failure}`);
      return cursor;
    },
    close() {
      closed = true;
      watch.cancel();
    },
  };
}
