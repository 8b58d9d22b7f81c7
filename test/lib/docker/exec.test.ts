import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { Capture, createDockerEngine, type Engine } from '../../../lib/docker/index.ts';
import { VirtualClock } from '../../../lib/simulation/virtual-clock.ts';

/** As an engine multiplexes it. */
function frame(stream: 'stdout' | 'stderr', data: Buffer): Buffer {
  const header = Buffer.alloc(8);
  header[0] = stream === 'stdout' ? 1 : 2;
  header.writeUInt32BE(data.length, 4);
  return Buffer.concat([header, data]);
}

describe('a command in a container', () => {
  let directory: string;
  let server: Server;
  let engine: Engine;
  let output: Buffer[];

  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'berth-exec-'));
    const socketPath = join(directory, 'docker.sock');
    server = createServer(({ url = '' }, response) => {
      if (url.startsWith('/containers/c/exec')) response.writeHead(201).end('{"Id":"e"}');
      else if (url.startsWith('/exec/e/start')) response.writeHead(200).end(Buffer.concat(output));
      else response.end('{"Running":false,"ExitCode":3}');
    });
    await new Promise<void>((resolve) => server.listen(socketPath, resolve));
    engine = createDockerEngine({ socketPath }, { clock: new VirtualClock() });
  });
  afterEach(() => {
    engine.close();
    server.closeAllConnections();
    server.close();
    rmSync(directory, { recursive: true });
  });

  it('gives all that it writes, byte by byte, to who asks for it', async () => {
    const large = Buffer.alloc(3 << 20, 0xff);
    output = [frame('stdout', large), frame('stderr', Buffer.from([0xc3]))];
    const capture = new Capture(4 << 20);
    expect(await engine.exec('c', ['x'], { onOutput: (frame) => capture.take(frame) })).to.deep.equal({
      ...{ code: 3, stdout: '', stderr: '' },
    });
    expect([capture.bytes('stdout').equals(large), capture.bytes('stderr')]).to.deep.equal([true, Buffer.from([0xc3])]);
    expect(capture.truncated).to.equal(false);
  });

  it('answers else with text, at most 1 MiB of each stream', async () => {
    output = [frame('stdout', Buffer.from('ä'.repeat(1 << 20))), frame('stderr', Buffer.from('oh'))];
    const { code, stdout, stderr } = await engine.exec('c', ['x']);
    expect([code, Buffer.byteLength(stdout), stderr]).to.deep.equal([3, 1 << 20, 'oh']);
  });
});
