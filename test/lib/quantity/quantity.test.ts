import { expect } from 'chai';
import fc from 'fast-check';
import {
  parseBytes,
  parseCores,
  parseDuration,
  printBytes,
  printCores,
  printDuration,
} from '../../../lib/quantity/index.ts';

describe('bytes', () => {
  for (const [written, bytes] of [
    ['4g', 4 * 2 ** 30],
    ['4G', 4 * 2 ** 30],
    ['512Mi', 512 * 2 ** 20],
    ['1.5GiB', 1.5 * 2 ** 30],
    ['1 kb', 1024],
    ['10b', 10],
    ['7', 7],
    [0, 0],
    [1048576, 1048576],
    ['4gg', undefined],
    ['4i', undefined],
    ['-1', undefined],
    ['', undefined],
    ['g', undefined],
    [1.5, undefined],
    [-1, undefined],
    ['9999999p', undefined],
  ] as const)
    it(`${JSON.stringify(written)} are ${bytes}`, () => expect(parseBytes(written)).to.equal(bytes));

  it('are read back as they were printed', () =>
    fc.assert(fc.property(fc.maxSafeNat(), (bytes) => parseBytes(printBytes(bytes)) === bytes)));
});

describe('cores', () => {
  for (const [written, cores] of [
    ['500m', 0.5],
    ['2', 2],
    [0.25, 0.25],
    ['1.5', 1.5],
    [0, 0],
    ['0.0005', undefined],
    ['2x', undefined],
    ['-1', undefined],
    [1e9, undefined],
    ['m', undefined],
  ] as const)
    it(`${JSON.stringify(written)} are ${cores}`, () => expect(parseCores(written)).to.equal(cores));

  it('are read back as they were printed', () =>
    fc.assert(fc.property(fc.nat(100_000_000), (milli) => parseCores(printCores(milli / 1000)) === milli / 1000)));
});

describe('durations', () => {
  for (const [written, seconds] of [
    ['5m', 300],
    ['30s', 30],
    ['1h30m', 5400],
    ['500ms', 0.5],
    ['2d', 172_800],
    ['1.5h', 5400],
    ['1m500ms', 60.5],
    ['90', 90],
    [1.1, 1.1],
    ['0s', 0],
    ['30m1h', undefined],
    ['5 minutes', undefined],
    ['', undefined],
    ['-5s', undefined],
    [-5, undefined],
    ['999999d', undefined],
  ] as const)
    it(`${JSON.stringify(written)} are ${seconds} s`, () => expect(parseDuration(written)).to.equal(seconds));

  it('are read back as they were printed', () =>
    fc.assert(fc.property(fc.nat(2 ** 31), (ms) => parseDuration(printDuration(ms / 1000)) === ms / 1000)));
});
