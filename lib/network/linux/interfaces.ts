import type { Attachment } from '../host.ts';
import { familyOf } from './nft.ts';

export type Interface = Attachment['interfaces'][number];

/** The address of a family that an interface has. */
export function addressOf({ address, address6 }: Interface, family: 4 | 6): string | undefined {
  if (familyOf(address) === family) return address;
  return family === 6 ? address6 : undefined;
}

/** Its next hop of a family; undefined for the link-local one. */
export const gatewayOf = ({ gateways = [] }: Interface, family: 4 | 6): string | undefined =>
  gateways.find((gateway) => familyOf(gateway) === family);
