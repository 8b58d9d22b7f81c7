import { expect } from 'chai';
import { linkVariables, variablePrefix } from '../../../lib/blueprint/links.ts';
import { tcp } from './fixtures.ts';

describe('linkVariables', () => {
  it('has Docker’s names, and the lowest port as the port', () => {
    const ports = [{ port: 9000, protocol: 'udp' as const }, tcp(8080), tcp(443)];
    expect(linkVariables('my-db', 'web-1', { address: '10.64.0.2', ports, env: { USER: 'u', B: '' } })).to.deep.equal({
      MY_DB_NAME: '/web-1/my-db',
      MY_DB_PORT: 'tcp://10.64.0.2:443',
      MY_DB_PORT_443_TCP: 'tcp://10.64.0.2:443',
      MY_DB_PORT_443_TCP_ADDR: '10.64.0.2',
      MY_DB_PORT_443_TCP_PORT: '443',
      MY_DB_PORT_443_TCP_PROTO: 'tcp',
      MY_DB_PORT_8080_TCP: 'tcp://10.64.0.2:8080',
      MY_DB_PORT_8080_TCP_ADDR: '10.64.0.2',
      MY_DB_PORT_8080_TCP_PORT: '8080',
      MY_DB_PORT_8080_TCP_PROTO: 'tcp',
      MY_DB_PORT_9000_UDP: 'udp://10.64.0.2:9000',
      MY_DB_PORT_9000_UDP_ADDR: '10.64.0.2',
      MY_DB_PORT_9000_UDP_PORT: '9000',
      MY_DB_PORT_9000_UDP_PROTO: 'udp',
      MY_DB_ENV_USER: 'u',
      MY_DB_ENV_B: '',
    });
  });

  it('gives a target without ports a name only', () => {
    expect(linkVariables('db', 'web-0', { address: '10.64.0.2', ports: [], env: {} })).to.deep.equal({
      DB_NAME: '/web-0/db',
    });
  });

  it('brackets IPv6 in URLs, not in addresses', () => {
    const variables = linkVariables('db', 'web-0', { address: 'fd00::2', ports: [tcp(80)], env: {} });
    expect(variables).to.include({ DB_PORT: 'tcp://[fd00::2]:80', DB_PORT_80_TCP_ADDR: 'fd00::2' });
  });

  for (const [alias, prefix] of [
    ['redis', 'REDIS'],
    ['my-db', 'MY_DB'],
    ['db.v2', 'DB_V2'],
    ['über', '_BER'],
  ] as const) {
    it(`calls ${alias} ${prefix}`, () => expect(variablePrefix(alias)).to.equal(prefix));
  }
});
