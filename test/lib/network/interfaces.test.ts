import { expect } from 'chai';
import { parseInterfaces } from '../../../lib/network/index.ts';

const SAID = `1: lo    inet 127.0.0.1/8 scope host lo\\       valid_lft forever preferred_lft forever
2: eth0    inet 192.0.2.11/24 brd 192.0.2.255 scope global eth0\\       valid_lft forever preferred_lft forever
2: eth0    inet6 2001:db8::b/64 scope global \\       valid_lft forever preferred_lft forever
3: docker0    inet 172.17.0.1/16 brd 172.17.255.255 scope global docker0\\       valid_lft forever preferred_lft forever
1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN mode DEFAULT group default qlen 1000
2: eth0@if12: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1460 qdisc noqueue state UP mode DEFAULT group default
3: docker0: <NO-CARRIER,BROADCAST,MULTICAST,UP> mtu 1500 qdisc noqueue state DOWN mode DEFAULT group default
`;

describe('the interface that has an address', () => {
  for (const [address, found] of [
    ['192.0.2.11', { name: 'eth0', subnet: '192.0.2.0/24', prefix: 24, mtu: 1460 }],
    ['2001:db8::b', { name: 'eth0', subnet: '2001:db8::/64', prefix: 64, mtu: 1460 }],
    ['203.0.113.9', undefined],
    ['a name', undefined],
  ] as const)
    it(`${address}: ${found ? `${found.name}, ${found.subnet}` : 'none'}`, () =>
      expect(parseInterfaces(SAID, address)).to.deep.equal(found));
});
