/**
 * The pause image: one static program that does nothing, made here, so that holding a namespace needs no download. For
 * engines that cannot be given the runtime shim.
 */

import { BerthError } from '../errors/index.ts';
import type { CallLimits, Engine } from './engine.ts';

/** Its tag is the version of the program: a changed one needs a new tag. */
export const PAUSE_IMAGE = 'berth/pause:1';

const PROGRAM = 'pause';

/** Makes the pause image where the engine does not have it. @throws BERTH_IMAGE where it cannot be made */
export async function ensurePauseImage(engine: Engine, limits?: CallLimits): Promise<void> {
  if (!engine.importImage || (await engine.hasImage(PAUSE_IMAGE, limits))) return;
  const { architecture = '' } = await engine.info(limits);
  const code = CODE[architecture];
  if (!code) throw new BerthError('BERTH_IMAGE', 'no pause program for this architecture', { found: architecture });
  await engine.importImage(PAUSE_IMAGE, tarOf(PROGRAM, elfOf(code)), [`/${PROGRAM}`], limits);
}

interface Machine {
  /** `e_machine` of the ELF header. */
  machine: number;
  code: readonly number[];
}

/** By the name that `uname -m` gives. An endless loop around a system call that waits for a signal. */
const CODE: Record<string, Machine | undefined> = {
  // mov eax, 34 (pause); syscall; jmp back
  x86_64: { machine: 62, code: [0xb8, 34, 0, 0, 0, 0x0f, 0x05, 0xeb, 0xf7] },
  // mov x0…x4, 0; mov x8, 73 (ppoll); svc 0; b back
  aarch64: {
    machine: 183,
    code: words([0xd2800000, 0xd2800001, 0xd2800002, 0xd2800003, 0xd2800004, 0xd2800928, 0xd4000001, 0x17fffff9]),
  },
};

function words(instructions: readonly number[]): number[] {
  return instructions.flatMap((word) => [word & 255, (word >>> 8) & 255, (word >>> 16) & 255, word >>> 24]);
}

/** A static ELF64 executable of one readable and executable segment. @see man 5 elf */
export function elfOf({ machine, code }: Machine): Buffer {
  const base = 0x400000n;
  const header = 64;
  const programHeader = 56;
  const start = header + programHeader;
  const size = start + code.length;
  const file = Buffer.alloc(size);
  file.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]); // magic, 64 bits, little-endian, version
  file.writeUInt16LE(2, 16); // an executable
  file.writeUInt16LE(machine, 18);
  file.writeUInt32LE(1, 20); // version
  file.writeBigUInt64LE(base + BigInt(start), 24); // entry
  file.writeBigUInt64LE(BigInt(header), 32); // where the program headers are
  file.writeUInt16LE(header, 52);
  file.writeUInt16LE(programHeader, 54);
  file.writeUInt16LE(1, 56); // one of them
  file.writeUInt32LE(1, header); // to be loaded
  file.writeUInt32LE(5, header + 4); // read, execute
  file.writeBigUInt64LE(base, header + 16); // virtual address
  file.writeBigUInt64LE(base, header + 24); // physical address
  file.writeBigUInt64LE(BigInt(size), header + 32); // in the file
  file.writeBigUInt64LE(BigInt(size), header + 40); // in memory
  file.writeBigUInt64LE(0x1000n, header + 48); // alignment
  file.set(code, start);
  return file;
}

/** A tar archive (ustar) of one executable file. @see POSIX.1-1988, pax(1) */
export function tarOf(name: string, content: Buffer): Buffer {
  const block = 512;
  const header = Buffer.alloc(block);
  header.write(name, 0);
  header.write('0000755\0', 100);
  header.write('0000000\0', 108); // owner
  header.write('0000000\0', 116); // group
  header.write(`${content.length.toString(8).padStart(11, '0')}\0`, 124);
  header.write('00000000000\0', 136); // the time is always the same, so that the image is
  header.write('        ', 148); // the checksum counts itself as blanks
  header.write('0', 156); // a regular file
  header.write('ustar\u000000', 257);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  const padding = Buffer.alloc((block - (content.length % block)) % block);
  return Buffer.concat([header, content, padding, Buffer.alloc(2 * block)]);
}
