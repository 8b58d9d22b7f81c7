import { expect } from 'chai';
import fc from 'fast-check';
import { demultiplex, type Frame, textLines } from '../../../lib/docker/frames.ts';

const frame = (stream: number, text: string): Buffer => {
  const header = Buffer.alloc(8);
  header[0] = stream;
  header.writeUInt32BE(Buffer.byteLength(text), 4);
  return Buffer.concat([header, Buffer.from(text)]);
};

async function* cutAt(whole: Buffer, sizes: number[]): AsyncGenerator<Buffer> {
  let at = 0;
  for (const size of sizes) {
    if (at >= whole.length) return;
    yield whole.subarray(at, at + size);
    at += size;
  }
  if (at < whole.length) yield whole.subarray(at);
}

async function joined(frames: AsyncIterable<Frame>): Promise<Record<Frame['stream'], string>> {
  const text = { stdout: '', stderr: '' };
  for await (const { stream, data } of frames) text[stream] += data.toString('latin1');
  return text;
}

describe('a container’s output', () => {
  it('comes apart the same however it is cut', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.constantFrom(1, 2), fc.stringMatching(/^[a-z\n]{0,30}$/))),
        fc.array(fc.integer({ min: 1, max: 20 })),
        async (frames, sizes) => {
          const whole = Buffer.concat(frames.map(([stream, text]) => frame(stream, text)));
          const text = (wanted: number) => frames.map(([stream, each]) => (stream === wanted ? each : '')).join('');
          expect(await joined(demultiplex(cutAt(whole, sizes)))).deep.equal({ stdout: text(1), stderr: text(2) });
        },
      ),
    ));

  it('comes apart when a hundred thousand frames arrive at once', async () => {
    const whole = Buffer.concat(Array.from({ length: 100_000 }, () => frame(1, 'x')));
    expect((await joined(demultiplex(cutAt(whole, [])))).stdout).length(100_000);
  });

  it('is passed on as it is where it comes from a terminal', async () => {
    expect(await joined(demultiplex(cutAt(Buffer.from('login: root\n'), [3, 4])))).deep.equal({
      stdout: 'login: root\n',
      stderr: '',
    });
  });

  it('is not read ahead of who takes it', async () => {
    let read = 0;
    async function* source() {
      for (; read < 100; read++) yield frame(1, 'x');
    }
    const frames = demultiplex(source());
    await frames.next();
    expect(read).equal(0);
  });
});

describe('lines', () => {
  it('are whole, also where a character or a line is cut', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.stringMatching(/^[aé€𝄞]{0,5}$/u)),
        fc.array(fc.integer({ min: 1, max: 5 })),
        async (lines, sizes) => {
          const found: string[] = [];
          for await (const line of textLines(cutAt(Buffer.from(lines.map((each) => `${each}\n`).join('')), sizes)))
            found.push(line);
          expect(found).deep.equal(lines);
        },
      ),
    ));

  it('count without their last end', async () => {
    const found: string[] = [];
    for await (const line of textLines(cutAt(Buffer.from('a\nb'), []))) found.push(line);
    expect(found).deep.equal(['a', 'b']);
  });
});
