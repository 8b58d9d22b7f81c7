import { expect } from 'chai';
import { formatAddress, isLoopback, isWildcard, parseAddress } from '../../../cli/server/address.ts';

describe('an address to listen on', () => {
  for (const [text, host, port, reach] of [
    ['127.0.0.1:7070', '127.0.0.1', 7070, 'loopback'],
    ['127.8.9.1:0', '127.8.9.1', 0, 'loopback'],
    ['localhost:7070', 'localhost', 7070, 'loopback'],
    ['[::1]:7070', '::1', 7070, 'loopback'],
    ['0.0.0.0:7070', '0.0.0.0', 7070, 'wildcard'],
    ['[::]:7070', '::', 7070, 'wildcard'],
    ['10.0.0.1:7070', '10.0.0.1', 7070, 'outside'],
    ['berth.example.com:7070', 'berth.example.com', 7070, 'outside'],
  ] as const) {
    it(`${text} is ${reach}`, () => {
      const address = parseAddress('--http', text);
      expect(address).to.deep.equal({ host, port });
      expect(formatAddress(address)).to.equal(text);
      expect([isLoopback(address), isWildcard(address)]).to.deep.equal([reach === 'loopback', reach === 'wildcard']);
    });
  }

  for (const text of [
    '',
    '7070',
    ':7070',
    '127.0.0.1',
    '127.0.0.1:',
    '127.0.0.1:65536',
    '127.0.0.1:x',
    '[hello]:1',
    '::1:7070',
    'http://a:1',
  ])
    it(`is not ${JSON.stringify(text)}`, () =>
      expect(() => parseAddress('--http', text)).to.throw(/--http is not an address to listen on/));
});
