import { expect } from 'chai';
import type { Attachment, HostNetworkPlan } from '../../../lib/network/index.ts';
import { createLinuxNetwork } from '../../../lib/network/linux/index.ts';
import { type FakeHost, fakeHosts } from './hosts.ts';
import { attachment, fence, planOf } from './plans.ts';
import { type Asker, ask, Programs } from './programs.ts';

const signal = new AbortController().signal;

const RANGES = ['10.64.0.0/24', '10.64.1.0/24', 'fd00:64::/64'];

/** A client that keeps its port from question to question: one flow. */
const CLIENT = `
const socket = require('dgram').createSocket('udp4');
socket.on('message', (message) => console.log(String(message)));
socket.bind(40404);
setInterval(() => socket.send('who', 90, process.argv[1]), 100);
`;

describe('published ports on real hosts', function () {
  this.timeout(60_000);
  let world: Awaited<ReturnType<typeof fakeHosts>>;
  let a: FakeHost;
  let b: FakeHost;
  const programs = new Programs();

  const PORTS: Attachment['ports'] = [
    { host: 80, port: 8080, protocol: 'tcp' },
    { host: 90, port: 8080, protocol: 'udp' },
  ];

  /** Container 1 of one network with ports, 2 and 3 without, of the same and of another one. */
  function plan(publishing: number | undefined): HostNetworkPlan {
    const attachments = [
      attachment(1, '10.64.0.1', publishing === 1 ? PORTS : []),
      attachment(2, '10.64.0.2', publishing === 2 ? PORTS : []),
      attachment(3, '10.64.1.1'),
    ];
    for (const [index, { interfaces }] of attachments.entries()) interfaces[0]!.address6 = `fd00:64::${index + 1}`;
    return planOf(attachments, { pools: RANGES, masquerade: RANGES });
  }
  const apply = (publishing: number | undefined) =>
    createLinuxNetwork({ shell: a }).apply(plan(publishing), fence(1), signal);

  /** Asks until the answer is the one wanted. */
  async function eventually(asker: Asker, target: string, answer: string): Promise<void> {
    let heard: string | undefined;
    for (let i = 0; i < 6 && heard !== answer; i++) [heard] = await ask(asker, [target]);
    expect(heard, target).equal(answer);
  }

  beforeEach(async () => {
    world = await fakeHosts(2);
    [a, b] = world.hosts as [FakeHost, FakeHost];
    await apply(1);
    for (const n of [1, 2]) await programs.start({ host: a, container: n }, `of-${n}`);
  });
  afterEach(() => {
    programs.stop();
    world.stop();
  });

  it('are reached from outside, from the host, and from other networks, by either family', async () => {
    for (const asker of [{ host: b }, { host: a }, { host: a, container: 3 }, { host: a, container: 1 }]) {
      for (const address of [a.address, a.address6]) {
        await eventually(asker, `tcp ${address} 80`, 'of-1');
        await eventually(asker, `udp ${address} 90`, 'of-1');
      }
    }
    await eventually({ host: a }, 'tcp 127.0.0.1 80', 'of-1');
    expect(await ask({ host: a, container: 3 }, ['tcp 10.64.0.1', 'udp 10.64.0.1'])).deep.equal(['', '']);
  });

  it('take their flows of UDP along when they go to another container, and cut them when they end', async () => {
    const said: string[] = [];
    const client = b.run(`timeout 25 node -e "${CLIENT}" ${a.address} >/run/said`);
    const last = async () => (await b.sh('tail -n 1 /run/said 2>/dev/null || true')).trim();
    const until = async (answer: string) => {
      for (let i = 0; i < 50 && (await last()) !== answer; i++) await b.sh('busybox usleep 100000');
      said.push(await last());
    };
    await until('of-1');
    await apply(2);
    await until('of-2');
    await apply(undefined);
    await b.sh('busybox usleep 500000; : >/run/said; busybox usleep 1000000');
    said.push(await last());
    expect(said).deep.equal(['of-1', 'of-2', '']);
    await b.sh("kill $(busybox pgrep -f 'bind.40404.' | head -1)").catch(() => undefined);
    await client;
  });

  it('leave a port alone that somebody else on the host listens on, and say so; and take it when that one is gone', async () => {
    await apply(undefined);
    const foreign = await programs.start({ host: a }, 'foreign 80');
    await apply(1);
    await eventually({ host: b }, `tcp ${a.address} 80`, 'foreign');
    await eventually({ host: b }, `udp ${a.address} 90`, 'of-1');
    const network = createLinuxNetwork({ shell: a });
    expect((await network.read(signal)).taken).deep.equal([
      { installation: 'aaaaaaaabbbbbbbbcccc', port: 80, protocol: 'tcp' },
    ]);
    foreign.kill('SIGKILL');
    for (let i = 0; i < 20 && (await network.read(signal)).taken.length > 0; i++) await a.sh('busybox usleep 100000');
    expect((await network.read(signal)).intact, 'something changed').deep.equal([]);
    await apply(1);
    await eventually({ host: b }, `tcp ${a.address} 80`, 'of-1');
  });
});
