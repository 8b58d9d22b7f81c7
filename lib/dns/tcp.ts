import { createConnection } from 'node:net';
import type { Connection, Transport } from './client.ts';

/** DNS over TCP of this machine: each message is preceded by its length (RFC 1035 §4.2.2). */
export const tcpTransport: Transport = {
  open(address, port, signal) {
    return new Promise<Connection>((resolve, reject) => {
      const socket = createConnection({ host: address, port });
      const arrived: Buffer[] = [];
      let waiting: { resolve(message: Buffer): void; reject(error: Error): void } | undefined;
      let over: Error | undefined;
      let pending = Buffer.alloc(0);

      const fail = (error: Error) => {
        over ??= error;
        socket.destroy();
        signal.removeEventListener('abort', onAbort);
        reject(over);
        waiting?.reject(over);
        waiting = undefined;
      };
      const onAbort = () => fail(new Error('given up'));
      signal.addEventListener('abort', onAbort, { once: true });
      socket.on('error', fail);
      socket.on('close', () => fail(new Error('the server closed the connection')));
      socket.on('data', (bytes) => {
        pending = Buffer.concat([pending, bytes]);
        while (pending.length >= 2 && pending.length >= 2 + pending.readUInt16BE(0)) {
          const end = 2 + pending.readUInt16BE(0);
          const message = pending.subarray(2, end);
          pending = pending.subarray(end);
          if (waiting) waiting.resolve(message);
          else arrived.push(message);
          waiting = undefined;
        }
      });
      socket.on('connect', () =>
        resolve({
          send(message) {
            const length = Buffer.alloc(2);
            length.writeUInt16BE(message.length);
            socket.write(Buffer.concat([length, message]));
          },
          receive() {
            const message = arrived.shift();
            if (message) return Promise.resolve(message);
            if (over) return Promise.reject(over);
            return new Promise((resolve, reject) => {
              waiting = { resolve, reject };
            });
          },
          close: () => fail(new Error('closed')),
        }),
      );
      if (signal.aborted) onAbort();
    });
  },
};
