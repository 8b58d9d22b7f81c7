/** Takes all assignments back when it is told to: what that costs is placement's, so it happens in a process of its own. */

import { once } from 'node:events';
import { connect } from '../etcd.ts';
import { assignmentId, numbers, remove, write } from '../ippool.ts';

const [endpoint = '', count = '0'] = process.argv.slice(2);
const kv = connect(endpoint);
await kv.range({ key: 'any' });
process.send?.('ready');
await once(process, 'message');
await write(
  kv,
  numbers(Number(count)).map((i) => remove('assignments', assignmentId(i))),
);
kv.close();
process.disconnect();
