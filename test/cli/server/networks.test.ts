import { expect } from 'chai';
import { read } from '../../../cli/client/reading.ts';
import { hostNetworkReader } from '../../../cli/server/networks.ts';
import { isCode } from '../../../lib/errors/index.ts';
import type { HostNetworkState } from '../../../lib/network/index.ts';
import { Bench, host } from '../client/support.ts';

const signal = new AbortController().signal;
const notHere = () => Promise.reject(new Error('not part of this test'));
const network: HostNetworkState = { namespaces: [], hostInterfaces: ['cali0'], intact: [], taken: [] };

describe('networks of hosts', () => {
  it('are read through the link to the host', async () => {
    const bench = await new Bench().put({ hosts: { 'c/h-1': host('c') } });
    const state = await read(bench, [{ kind: 'hosts' }]);
    const asked: string[] = [];
    const reader = hostNetworkReader(
      () => state,
      async (name) => {
        asked.push(name);
        const engine = { ...{ info: notHere, list: notHere, hasImage: notHere, pull: notHere, create: notHere } };
        return {
          engine: {
            ...engine,
            ...{ start: notHere, stop: notHere, remove: notHere, exec: notHere, inspect: notHere, close() {} },
            ...{ logs: notEver, events: notEver },
          },
          network: { read: async () => network, apply: notHere },
        };
      },
    );
    expect([await reader('h-1', signal), asked]).to.deep.equal([network, ['h-1']]);
    const error = await reader('h-2', signal).catch((thrown: unknown) => thrown);
    expect(isCode(error, 'BERTH_NOT_FOUND')).to.equal(true);
  });

  it('wait until the records are read', async () => {
    const error = await hostNetworkReader(() => undefined, notHere)('h-1', signal).catch((thrown: unknown) => thrown);
    expect(isCode(error, 'BERTH_STORE_UNAVAILABLE')).to.equal(true);
  });
});

function notEver(): never {
  throw new Error('not part of this test');
}
