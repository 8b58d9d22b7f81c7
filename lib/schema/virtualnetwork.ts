import {
  BLOCK_SIZES,
  type Cidr,
  canonicalAddress,
  contains,
  formatCidr,
  isBlockSize,
  overlaps,
  parseCidr,
  specialRangeIn,
  tryParseAddress,
  tryParseCidr,
} from '../addresses/index.ts';
import type { BlueprintNetwork, VirtualNetworkSpec } from '../records/index.ts';
import type { Field, Path } from './field.ts';
import { show } from './field.ts';
import { isDnsLabel } from './names.ts';

/** Something wrong with a network; `path` goes on below its spec. */
export interface NetworkProblem {
  path: Path;
  found: string;
  expected: string;
}

/** Shortest and longest prefix of a range: larger ones are a mistake of typing. */
const PREFIXES = { 4: [8, 32], 6: [16, 128] } as const;
/** The largest network that berth makes without a `cidr` may have to be one block. */
const ALLOCATED_PREFIX = 24;
/** RFC 8200, section 5. */
const SMALLEST_MTU_6 = 1280;
/** A network's name is the label that Calico gives its members. */
const LONGEST_NAME = 63;

/** A spec some of whose name servers may be known only later. */
type Declared = BlueprintNetwork['spec'];

/** What no single field of a network can say, and what its addresses have to be. Pure. */
export function networkProblems(spec: Declared): NetworkProblem[] {
  const problems: NetworkProblem[] = [];
  const wrong = (path: Path, found: string, expected: string) => void problems.push({ path, found, expected });
  const ranges = [
    ...(spec.cidr === undefined ? [] : [{ text: spec.cidr, path: ['cidr'] as Path }]),
    ...spec.pools.map((text, i) => ({ text, path: ['pools', i] as Path })),
  ].flatMap(({ text, path }) => {
    const range = readRange(text, (expected) => wrong(path, show(text), expected));
    return range ? [{ range, path, text }] : [];
  });

  for (const [i, { range, path, text }] of ranges.entries()) {
    const other = ranges.slice(0, i).find((each) => overlaps(each.range, range));
    if (other) wrong(path, show(text), `a range that does not overlap with ${other.text}`);
  }
  checkGateway(
    spec,
    ranges.map(({ range }) => range),
    wrong,
  );
  if (spec.blockSize !== undefined) checkBlockSize(spec.blockSize, spec.cidr !== undefined, ranges, wrong);
  for (const [i, server] of spec.dnsServers.entries()) {
    if (typeof server === 'string' && !tryParseAddress(server)) wrong(['dnsServers', i], show(server), 'an IP address');
  }
  for (const [i, name] of spec.allowFrom.entries()) {
    const labels = name.split('.');
    const valid = [1, 3].includes(labels.length) && labels.every(isDnsLabel) && name.length <= LONGEST_NAME;
    if (!valid)
      wrong(['allowFrom', i], show(name), 'the name of a VirtualNetwork, or <namespace>.<application>.<network>');
    else if (spec.allowFrom.indexOf(name) < i) wrong(['allowFrom', i], show(name), 'each network once');
  }
  const { mtu } = spec;
  if (mtu !== undefined && mtu < SMALLEST_MTU_6 && ranges.some(({ range }) => range.family === 6))
    wrong(['mtu'], String(mtu), `at least ${SMALLEST_MTU_6}, which IPv6 asks for`);
  return problems;
}

/** Reports what `networkProblems` finds; answers the spec with its ranges and addresses in their canonical form. */
export function checkVirtualNetwork(
  spec: VirtualNetworkSpec,
  _: unknown,
  field: Field,
): VirtualNetworkSpec | undefined {
  const problems = networkProblems(spec);
  for (const { path, found, expected } of problems) field.at(...path).wrong({ found, expected });
  return problems.length > 0 ? undefined : canonical(spec);
}

/** The spec with its ranges and addresses as Calico writes them. */
export const canonical = <S extends Declared>(spec: S): S => ({
  ...spec,
  ...(spec.cidr !== undefined && { cidr: formatCidr(parseCidr(spec.cidr)) }),
  pools: spec.pools.map((text) => formatCidr(parseCidr(text))),
  ...(spec.gateway !== undefined && { gateway: canonicalAddress(spec.gateway) }),
  dnsServers: spec.dnsServers.map((server) => (typeof server === 'string' ? canonicalAddress(server) : server)),
});

type Wrong = (path: Path, found: string, expected: string) => void;

function readRange(text: string, wrong: (expected: string) => void): Cidr | undefined {
  const range = tryParseCidr(text);
  if (!range) {
    wrong(`a range such as 192.168.34.0/24${maskedForm(text)}`);
    return undefined;
  }
  const [shortest, longest] = PREFIXES[range.family];
  const special = specialRangeIn(range);
  if (range.prefix < shortest) wrong(`a prefix length of ${shortest} to ${longest}`);
  else if (special) wrong(`a range that hosts do not use themselves, as they do ${formatCidr(special)}`);
  else return range;
  return undefined;
}

/** `; 10.0.0.0/24 with the host's bits left out`, where that is all that is wrong. */
function maskedForm(text: string): string {
  const [, host = '', digits = ''] = /^([^/]+)\/(\d{1,3})$/.exec(text) ?? [];
  const address = tryParseAddress(host);
  const bits = address?.family === 4 ? 32 : 128;
  const prefix = Number(digits);
  if (!address || digits === '' || prefix > bits) return '';
  const shift = BigInt(bits - prefix);
  const masked = formatCidr({ family: address.family, base: (address.value >> shift) << shift, prefix });
  return `; without the bits of a host this one is ${masked}`;
}

function checkGateway({ cidr, gateway }: Declared, ranges: readonly Cidr[], wrong: Wrong): void {
  if (gateway === undefined) return;
  const address = tryParseAddress(gateway);
  if (!address) wrong(['gateway'], show(gateway), 'an IP address');
  else if (cidr === undefined) wrong(['gateway'], show(gateway), 'a cidr as well, which has this address in it');
  else if (ranges.length > 0) {
    const single: Cidr = { family: address.family, base: address.value, prefix: address.family === 4 ? 32 : 128 };
    if (!ranges.some((range) => contains(range, single))) wrong(['gateway'], show(gateway), `an address in ${cidr}`);
  }
}

function checkBlockSize(
  blockSize: number,
  explicit: boolean,
  ranges: readonly { range: Cidr; text: string }[],
  wrong: Wrong,
): void {
  const found = String(blockSize);
  const families = new Set(ranges.map(({ range }) => range.family));
  if (!explicit) families.add(4);
  const fitting = [...families].filter((family) => isBlockSize(family, blockSize));
  if (fitting.length === 0 && families.size > 0) {
    const expected = [...families].map((family) => `${BLOCK_SIZES[family].join(' to ')} for IPv${family}`);
    wrong(['blockSize'], found, expected.join(', or '));
    return;
  }
  const small = ranges.find(({ range }) => fitting.includes(range.family) && range.prefix > blockSize);
  if (small) wrong(['blockSize'], found, `at least ${small.range.prefix}: blocks that fit into ${small.text}`);
  else if (!explicit && fitting.includes(4) && blockSize < ALLOCATED_PREFIX)
    wrong(['blockSize'], found, `at least ${ALLOCATED_PREFIX} where the range is allocated`);
}
