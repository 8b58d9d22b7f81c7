// In a container's namespace: says its name to whoever asks, on TCP and UDP port 8080, or another, of both families. What UDP brings
// beside questions is remembered, and told to who asks `heard`.
import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';

const [name = '', port = '8080'] = process.argv.slice(2);
const heard = [];

createServer((socket) => socket.on('error', () => {}).end(name)).listen(Number(port), '::', () => {
  for (const type of ['udp4', 'udp6']) {
    const socket = createSocket({ type, ipv6Only: type === 'udp6' });
    socket.on('message', (message, { port, address }) => {
      const text = String(message);
      if (text === 'heard') socket.send(heard.join(' '), port, address);
      else if (text === 'who') socket.send(name, port, address);
      else heard.push(text);
    });
    socket.on('error', () => {});
    socket.bind(Number(port), () => process.stdout.write('ready\n'));
  }
});
