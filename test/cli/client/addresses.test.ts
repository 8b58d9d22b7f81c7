import { hostname } from 'node:os';
import { expect } from 'chai';
import { addressesOf } from '../../../cli/client/addresses.ts';
import { read } from '../../../cli/client/reading.ts';
import { isCode } from '../../../lib/errors/index.ts';
import { Bench } from './support.ts';

describe('the HTTP port', () => {
  const here = hostname();
  const members = async (...announced: (readonly [http: string, hostname: string])[]) => {
    const records = Object.fromEntries(
      announced.map(([http, hostname], i) => [
        `m-${i}`,
        { leads: [], hostname, pid: 1, version: '0', http, since: '' },
      ]),
    );
    return read(await new Bench().put({ members: records }), [{ kind: 'members' }]);
  };
  const refusal = async (given: string | undefined, ...announced: (readonly [string, string])[]) => {
    const state = await members(...announced);
    try {
      return addressesOf(given, state, '127.0.0.1:7070').join();
    } catch (error) {
      return isCode(error, 'BERTH_USAGE') ? error.message : 'something else';
    }
  };

  it('is where the user says, else where the replicas say, else where it usually is', async () => {
    const state = await members(['https://berth.example:7070', 'x'], ['http://127.0.0.1:7171', here]);
    expect(addressesOf('localhost:8080', state, '127.0.0.1:7070')).to.deep.equal(['http://localhost:8080']);
    expect(addressesOf(undefined, state, '127.0.0.1:7070')).to.deep.equal([
      'http://127.0.0.1:7171',
      'https://berth.example:7070',
    ]);
    expect(addressesOf(undefined, await members(), '127.0.0.1:7070')).to.deep.equal(['http://127.0.0.1:7070']);
  });

  it('is not looked for here when another machine says that it is on itself', async () => {
    for (const own of ['http://127.0.0.1:7070', 'http://localhost:7070', 'https://[::1]:7070'])
      expect(await refusal(undefined, [own, 'x'])).to.include(`found ${own} on x; run the command there, or name`);
    expect(await refusal(undefined, ['http://127.0.0.1:7070', 'x'], ['https://b:1', 'y'])).to.equal('https://b:1');
  });

  it('is not given the token where others could read it on the way', async () => {
    expect(await refusal(undefined, ['http://10.0.0.1:7070', here])).to.include('can be asked from here');
    expect(await refusal('http://10.0.0.1:7070')).to.include('the token would travel in the clear');
  });
});
