import { regionOf, tryParseCidr } from '../addresses/index.ts';
import type { Entry } from './types.ts';

const BLOCK = /^ipam\/v2\/assignment\/ipv[46]\/block\/([^/]+)-(\d+)$/;
const POOL = 'resources/v3/projectcalico.org/ippools/';

/** The region that a block of addresses lies in: its key says where. */
export function blockRegion({ id }: Entry<'calico'>): string | undefined {
  const [, base, prefix] = BLOCK.exec(id) ?? [];
  const block = base === undefined ? undefined : tryParseCidr(`${base}/${prefix}`);
  return block && regionOf(block);
}

/** The range of a pool, as it stands there; anything may. */
export function poolRange({ id, value }: Entry<'calico'>): string | undefined {
  if (!id.startsWith(POOL)) return undefined;
  try {
    const { spec }: { spec?: { cidr?: unknown } } = JSON.parse(value.toString());
    return typeof spec?.cidr === 'string' ? spec.cidr : undefined;
  } catch {
    return undefined;
  }
}
