import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import { portOf } from './etcd.ts';

export type Direction = 'requests' | 'replies';

export interface FaultProxy {
  readonly port: number;
  /** Connections that are open now. */
  readonly connections: number;
  /** Bytes that arrived from etcd and were swallowed. */
  readonly swallowed: number;
  /** Resets all connections. New ones are accepted. */
  cut(): void;
  /** Swallows what comes in these directions, on open and new connections: a black hole, or replies that are lost. */
  swallow(...directions: Direction[]): void;
  /** Holds back everything by this much, milliseconds. */
  delay(ms: number): void;
  /** Refuses new connections and resets the open ones. */
  refuse(): Promise<void>;
  /** Everything passes again. What was swallowed stays lost, so cut first where that matters. */
  heal(): Promise<void>;
  close(): Promise<void>;
}

/** A TCP proxy on the loopback interface that breaks on demand, between a client and the port it talks to. */
export async function startFaultProxy(targetPort: number): Promise<FaultProxy> {
  const pairs = new Set<readonly [Socket, Socket]>();
  let swallowing: readonly Direction[] = [];
  let delayMs = 0;
  let swallowed = 0;

  async function pump(from: Readable, to: Writable, direction: Direction): Promise<void> {
    for await (const bytes of from) {
      if (delayMs > 0) await wait(delayMs);
      if (!swallowing.includes(direction)) to.write(bytes);
      else if (direction === 'replies') swallowed += bytes.length;
    }
    to.end();
  }

  const server = createServer((client) => {
    const target = connect(targetPort, '127.0.0.1');
    const pair = [client, target] as const;
    pairs.add(pair);
    for (const socket of pair) {
      socket.setNoDelay(true);
      socket.on('error', () => {});
      socket.on('close', () => {
        pairs.delete(pair);
        for (const either of pair) either.destroy();
      });
    }
    // An error ends the pump and, through `close`, the pair.
    pump(client, target, 'requests').catch(() => {});
    pump(target, client, 'replies').catch(() => {});
  });

  const listen = async (port: number) => {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
  };
  const cut = () => {
    for (const [client, target] of pairs) {
      client.resetAndDestroy();
      target.destroy();
    }
  };
  const stop = async () => {
    if (!server.listening) return cut();
    const closed = once(server, 'close');
    server.close();
    cut();
    await closed;
  };

  await listen(0);
  const port = portOf(server);
  return {
    port,
    get connections() {
      return pairs.size;
    },
    get swallowed() {
      return swallowed;
    },
    cut,
    swallow(...directions) {
      swallowing = directions;
    },
    delay(ms) {
      delayMs = ms;
    },
    refuse: stop,
    async heal() {
      swallowing = [];
      delayMs = 0;
      if (!server.listening) await listen(port);
    },
    close: stop,
  };
}
