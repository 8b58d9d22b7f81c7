/** The map of the program: every controller there is. */

import type { AnyController } from '../lib/reconcile/index.ts';
import { application } from './application/index.ts';
import { container } from './container/index.ts';
import { discovery } from './discovery/index.ts';
import { hostpool } from './hostpool/index.ts';
import { ippool } from './ippool/index.ts';
import { placement } from './placement/index.ts';

export const controllers: readonly AnyController[] = [
  hostpool, //    machines become Docker hosts
  application, // blueprints become wanted containers
  placement, //   wanted containers are assigned to hosts
  ippool, //      networks are allocated, assignments get addresses
  container, //   hosts run what is assigned to them
  discovery, //   what runs has names
];
