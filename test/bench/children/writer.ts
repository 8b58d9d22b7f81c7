/** A bare client that puts so many records as fast as etcd takes them, once it is told to. */

import { once } from 'node:events';
import { connect, fill, keys } from '../etcd.ts';

const [endpoint = '', count = '0'] = process.argv.slice(2);
const kv = connect(endpoint);
await kv.range({ key: keys.prefix });
process.send?.('ready');
await once(process, 'message');
await fill(kv, Number(count));
kv.close();
process.disconnect();
