// In a container's namespace or on a host: asks each target, `tcp|udp|ping address [port]` a line on the input, all at
// once, and prints what each answered, nothing for silence, a line each.
import { execFile } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { connect } from 'node:net';

const PATIENCE = 3000;

const ways = {
  tcp: (address, port, done) => {
    const socket = connect({ host: address, port });
    let said = '';
    socket.on('data', (data) => {
      said += data;
    });
    socket.on('end', () => done(said)).on('error', () => done(''));
    setTimeout(() => socket.destroy(), PATIENCE).unref();
    socket.on('close', () => done(said));
  },
  udp: (address, port, done) => {
    const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
    socket.on('message', (message) => done(String(message))).on('error', () => done(''));
    for (const wait of [0, 500, 1500]) setTimeout(() => socket.send('who', port, address, () => {}), wait).unref();
    setTimeout(() => done(''), PATIENCE);
  },
  ping: (address, _, done) => {
    const family = address.includes(':') ? '-6' : '-4';
    execFile('busybox', ['ping', family, '-c', '1', '-W', '2', address], (error) => done(error ? '' : 'pong'));
  },
};

let input = '';
for await (const chunk of process.stdin) input += chunk;
const answers = await Promise.all(
  input
    .trim()
    .split('\n')
    .map((line) => {
      const [way, address, port = '8080'] = line.split(' ');
      return new Promise((resolve) => ways[way](address, Number(port), resolve));
    }),
);
process.stdout.write(answers.map((answer) => `${answer}\n`).join(''));
process.exit();
