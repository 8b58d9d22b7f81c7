import { expect } from 'chai';
import { parseCidr } from '../../../lib/addresses/index.ts';
import { audit, keyOf, kindOf } from '../../../lib/calico/index.ts';

const v3 = (spec: string, metadata = '{"name":"x"}') =>
  `{"kind":"K","apiVersion":"projectcalico.org/v3","metadata":${metadata},"spec":${spec}}`;
const ingress = (rule: string) => v3(`{"ingress":[{"action":"Allow"},${rule}]}`);

const pool = keyOf.pool('x');
const block = keyOf.block(parseCidr('10.60.0.0/30'));
const policy = keyOf.globalNetworkPolicy('x');
const whole =
  '{"cidr":"10.60.0.0/30","affinity":null,"allocations":[null],"unallocated":[0],"attributes":[],"sequenceNumber":1,"sequenceNumberForAllocation":{},"deleted":false}';

/** What the audit says of a record that cannot be read. */
const problemOf = (id: string, value: string): string | undefined =>
  audit([[id, Buffer.from(value)]]).find(({ code }) => code === 'unreadable')?.found;

describe('a record that Calico would not have written', () => {
  for (const [id, value, place] of [
    [pool, '{"kind":"IPPool"', `${pool}:17:`],
    [pool, 'null', `${pool}:`],
    [pool, v3('{"cidr":"10.0.0.0/8"}', '{"name":1}'), 'metadata.name:'],
    [pool, v3('{"cidr":"10.0.0.0/8"}', '{}'), 'metadata.name:'],
    [pool, v3('{"cidr":"10.0.0.0/8"}', '{"name":"x","labels":{"a":true}}'), 'metadata.labels.a:'],
    [pool, v3('{"cidr":"10.0.0.0/8"}', '{"name":"x","annotations":[]}'), 'metadata.annotations:'],
    [pool, v3('{}'), 'spec.cidr:'],
    [pool, v3('[]'), 'spec:'],
    [pool, '{"kind":"IPPool","apiVersion":"v3","metadata":{"name":"x"}}', '.spec:'],
    [pool, v3('{"cidr":"10.0.0.0/8","natOutgoing":"yes"}'), 'spec.natOutgoing:'],
    [pool, v3('{"cidr":"10.0.0.0/8","blockSize":26.5}'), 'spec.blockSize:'],
    [pool, v3('{"cidr":"10.0.0.0/8","allowedUses":["Tunnel",1]}'), 'spec.allowedUses[1]:'],
    [keyOf.node('x'), v3('{"bgp":{"ipv4Address":10}}'), 'spec.bgp.ipv4Address:'],
    [keyOf.node('x'), v3('{"addresses":[{"type":"InternalIP"}]}'), 'spec.addresses[0].address:'],
    [keyOf.profile('x'), v3('{"labelsToApply":{"x":1}}'), 'spec.labelsToApply.x:'],
    [keyOf.profile('x'), v3('{"ingress":[{"action":"Accept"}]}'), 'spec.ingress[0].action:'],
    [keyOf.workloadEndpoint('x'), v3('{"orchestrator":"cni"}'), 'spec.node:'],
    [keyOf.workloadEndpoint('x'), v3('{"orchestrator":"cni","node":"n","ipNetworks":"a"}'), 'spec.ipNetworks:'],
    [
      keyOf.workloadEndpoint('x'),
      v3('{"orchestrator":"cni","node":"n","ports":[{"name":"http","protocol":"TCP","port":0}]}'),
      'spec.ports[0].port:',
    ],
    [keyOf.tier('x'), v3('{"order":"first"}'), 'spec.order:'],
    [keyOf.clusterInformation(), v3('{"datastoreReady":"true"}'), 'spec.datastoreReady:'],
    [policy, v3('{"selector":"has(a"}'), 'spec.selector:6:'],
    [policy, v3('{"types":["Both"]}'), 'spec.types[0]:'],
    [policy, v3('{"order":null,"egress":{}}'), 'spec.egress:'],
    [policy, ingress('{}'), 'spec.ingress[1].action:'],
    [policy, ingress('{"action":"Allow","protocol":"TCPP"}'), 'spec.ingress[1].protocol:'],
    [policy, ingress('{"action":"Allow","protocol":256}'), 'spec.ingress[1].protocol:'],
    [policy, ingress('{"action":"Allow","ipVersion":7}'), 'spec.ingress[1].ipVersion:'],
    [policy, ingress('{"action":"Allow","icmp":{"type":255}}'), 'spec.ingress[1].icmp.type:'],
    [policy, ingress('{"action":"Deny","source":{"nets":["10.0.0.0/33"]}}'), 'spec.ingress[1].source.nets[0]:'],
    [policy, ingress('{"action":"Deny","source":{"notSelector":"a = b"}}'), 'source.notSelector:3:'],
    [policy, ingress('{"action":"Deny","destination":{"ports":["90:80"]}}'), 'destination.ports[0]:'],
    [policy, ingress('{"action":"Deny","destination":{"ports":[70000]}}'), 'destination.ports[0]:'],
    [keyOf.networkPolicy('x', 'default'), v3('{"selector":"a in b"}'), 'spec.selector:6:'],
    [keyOf.globalNetworkSet('x'), v3('{"nets":["localhost"]}'), 'spec.nets[0]:'],
    [keyOf.hostEndpoint('x'), v3('{"expectedIPs":["192.0.2.300"]}'), 'spec.expectedIPs[0]:'],
    [keyOf.ipReservation('x'), v3('{"reservedCIDRs":["10.0.0.0/x"]}'), 'spec.reservedCIDRs[0]:'],
    [keyOf.bgpConfiguration(), v3('{"asNumber":4294967296}'), 'spec.asNumber:'],
    [keyOf.bgpPeer('x'), v3('{"nodeSelector":"all("}'), 'spec.nodeSelector:5:'],
    [keyOf.felixConfiguration(), v3('{"vxlanPort":0}'), 'spec.vxlanPort:'],
    [keyOf.ipamConfig(), '{"strict_affinity":"no"}', 'config.strict_affinity:'],
    [keyOf.handle('x'), '{"block":{"10.60.0.0/30":"1"},"deleted":false}', 'block.10.60.0.0/30:'],
    [keyOf.handle('x'), '{"block":{}}', '.deleted:'],
    [keyOf.affinity('n', parseCidr('10.60.0.0/30')), '{"state":1,"deleted":false}', '.state:'],
    [block, whole.replace('10.60.0.0/30', '10.60.0.1/30'), '.cidr:'],
    [block, whole.replace('[null]', '["0"]'), '.allocations[0]:'],
    [block, whole.replace('[0]', '[0.5]'), '.unallocated[0]:'],
    [block, whole.replace('"sequenceNumber":1', '"sequenceNumber":-1'), '.sequenceNumber:'],
    [
      block,
      whole.replace('"attributes":[]', '"attributes":[{"handle_id":"h","secondary":{"node":1}}]'),
      '.attributes[0].secondary.node:',
    ],
    [block, whole.replace('tion":{}', 'tion":{"0":18446744073709551616}'), '.sequenceNumberForAllocation.0:'],
    ['felix/v2/no-region/host/n/status', '{"time":"t","uptime":"10","first_update":true}', '.uptime:'],
  ] as const) {
    it(`${kindOf(id)}: ${value.slice(0, 100)}: names ${place.slice(0, -1)}`, () => {
      const problem = problemOf(id, value);
      expect(problem).to.match(/^\/calico\//);
      expect(problem).to.include(`${place} `);
    });
  }

  it('is told apart from one that is fine, and from what is none of Calico’s records', () => {
    expect(problemOf(block, whole)).to.equal(undefined);
    expect(problemOf('something/else', '{')).to.equal(undefined);
  });
});
