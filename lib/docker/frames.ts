/** One piece of a container's output. */
export interface Frame {
  stream: 'stdout' | 'stderr';
  data: Buffer;
}

const HEADER = 8;

/**
 * Takes Docker's multiplexed stream apart: frames of a byte for the stream (1 stdout, 2 stderr), three zero bytes, the
 * length as a big-endian 32-bit number, and so many bytes. A frame longer than a chunk comes in pieces as they arrive.
 * Pulls: nothing is read before the last piece was taken. A stream that is not of this format (a terminal's) is all stdout.
 *
 * @see https://docs.docker.com/engine/api/v1.41/#tag/Container/operation/ContainerAttach
 */
export async function* demultiplex(chunks: AsyncIterable<Buffer>): AsyncGenerator<Frame> {
  let header: Buffer = Buffer.alloc(0);
  let remaining = 0;
  let stream: Frame['stream'] = 'stdout';
  let raw = false;
  for await (const chunk of chunks) {
    for (let at = 0; at < chunk.length; ) {
      if (raw) {
        yield { stream: 'stdout', data: chunk.subarray(at) };
        break;
      }
      if (remaining > 0) {
        const data = chunk.subarray(at, at + remaining);
        at += data.length;
        remaining -= data.length;
        yield { stream, data };
        continue;
      }
      const part = chunk.subarray(at, at + HEADER - header.length);
      at += part.length;
      header = Buffer.concat([header, part]);
      if (header.length < HEADER) break;
      raw = header[0]! > 2 || header.readUIntBE(1, 3) !== 0;
      if (raw) yield { stream: 'stdout', data: header };
      stream = header[0] === 2 ? 'stderr' : 'stdout';
      remaining = raw ? 0 : header.readUInt32BE(4);
      header = Buffer.alloc(0);
    }
  }
}

/** Whole lines of a stream of text, without their ends; the last one also where its end is missing. */
export async function* textLines(chunks: AsyncIterable<Buffer>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of chunks) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
  rest += decoder.decode();
  if (rest !== '') yield rest;
}
