import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { expect } from 'chai';
import fc from 'fast-check';
import { keyOf, type PolicyIndex, parseJson, rulesOf as readRules } from '../../../lib/calico/index.ts';
import type { NamedPolicy } from '../../../lib/network/index.ts';
import { rulesOf } from '../../../lib/network/linux/rules.ts';
import { b1, endpoint, policy, put, world } from '../../lib/calico/policy-world.ts';
import { attachment, planOf } from './plans.ts';

const some = fc.constantFrom;
/** Each present or not. */
const members = <T extends object>(fields: { [K in keyof T]: fc.Arbitrary<T[K]> }) =>
  fc.record(fields, { requiredKeys: [] });
const listOf = <T>(item: fc.Arbitrary<T>) => fc.array(item, { maxLength: 4 });

const protocol = fc.oneof(
  some('TCP', 'udp', 'ICMP', 'ICMPv6', 'SCTP', 'UDPLite', '6', ' 58', '0x11', '1e2', '255'),
  fc.integer({ min: 1, max: 255 }),
);
const port = fc.oneof(
  some('http', 'dns', 'nobody', '0', 0, 65_535, '0:65535', '443:443', 'a.b_c-d'),
  fc.integer({ min: 0, max: 65_535 }),
  fc.tuple(fc.nat(65_535), fc.nat(65_535)).map(([a, b]) => `${Math.min(a, b)}:${Math.max(a, b)}`),
);
const net = fc.oneof(
  some('0.0.0.0/0', '::/0', '10.1.2.3/8', '10.1.0.0/25', '192.0.2.1', '2001:DB8::1', 'fd00::/8', '255.255.255.255'),
  some('::ffff:10.0.0.1', '::ffff:0:0/96', '::', '0.0.0.0', 'ff02::1/128', 'fe80::1', '127.0.0.1'),
  fc.tuple(fc.ipV4(), fc.nat(32)).map(([address, prefix]) => `${address}/${prefix}`),
  fc.tuple(fc.nat(0xffff), fc.nat(128)).map(([word, prefix]) => `fd00:${word.toString(16)}::1/${prefix}`),
);
const selector = some('all()', 'global()', 'has(blue)', '!has(green)', "role == 'web'", "role != 'web'", 'has(x)', '');
const icmp = members({ type: fc.nat(254), code: fc.nat(255) });
const entity = members({
  nets: listOf(net),
  notNets: listOf(net),
  ports: listOf(port),
  notPorts: listOf(port),
  selector,
  notSelector: selector,
  namespaceSelector: selector,
  serviceAccounts: members({ names: listOf(some('default')), selector }),
});
const rule = fc
  .tuple(
    fc.record({ action: some('Allow', 'Deny', 'Log', 'Pass') }),
    members({
      ipVersion: some(4, 5, 6),
      protocol,
      notProtocol: protocol,
      icmp,
      notICMP: icmp,
      source: entity,
      destination: entity,
    }),
  )
  .map(([action, criteria]) => ({ ...action, ...criteria }));

/** Two networks, one with endpoints of both families that have ports with names. */
function peopled(): PolicyIndex {
  const index = world();
  const ports = [
    { name: 'http', protocol: 'TCP', port: 8080 },
    { name: 'dns', protocol: 'UDP', port: 53 },
  ];
  endpoint(index, 'b2', '10.1.0.2/32', { ipNetworks: ['10.1.0.2/32', 'fd00::2/128'], ports }, { role: 'web' });
  put(index, keyOf.globalNetworkSet('lan'), { nets: ['198.51.100.0/24', 'fd00:1::/64'] }, { role: 'lan' });
  return index;
}

/** The tables of a host on which each of these rules is a policy of its own, both ways. */
function rulesetOf(rules: readonly object[]): string {
  const index = peopled();
  const policies = rules.map((each, i): NamedPolicy => {
    // Were it none that can be read, it would count as absent and nothing be tested.
    readRules(parseJson(JSON.stringify([each])));
    policy(index, 'p', { ingress: [each], egress: [each] });
    return { name: `shop${i || ''}`, ...index.policyOf(b1)! };
  });
  return rulesOf(planOf([attachment(1, '10.64.0.1')], { policies }));
}

describe('any rule that Calico’s records may hold', function () {
  this.timeout(60_000);
  let namespace: ChildProcess;

  before(async () => {
    execFileSync('nft', ['--version']);
    namespace = spawn('unshare', ['--net', 'sh', '-c', 'echo ready; exec sleep infinity'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(namespace.stdout!, 'data');
  });
  after(() => void namespace.kill('SIGKILL'));

  /** What nft says against a ruleset. */
  function complaint(ruleset: string): string {
    const args = ['-t', String(namespace.pid), '--net', 'nft', '-c', '-f', '-'];
    const { status, stderr } = spawnSync('nsenter', args, { input: ruleset, encoding: 'utf8' });
    return status === 0 ? '' : stderr.split('\n').slice(0, 3).join('\n');
  }

  it('comes to something that nft takes', () =>
    fc.assert(
      fc.property(
        fc.array(rule, { minLength: 1, maxLength: 200, size: 'max' }),
        (rules) => void expect(complaint(rulesetOf(rules))).to.equal(''),
      ),
      { numRuns: 25 },
    ));

  for (const [what, each] of [
    ['ICMP types of another protocol', { action: 'Allow', protocol: 'TCP', icmp: { type: 8 } }],
    ['all but ICMP types of another protocol', { action: 'Deny', protocol: 'UDP', notICMP: { type: 8, code: 0 } }],
    ['ICMP types of the other family', { action: 'Allow', protocol: 'ICMP', ipVersion: 6, icmp: { type: 8 } }],
    ['thousands of ports', { action: 'Allow', source: { ports: Array.from({ length: 3000 }, (_, i) => 2 * i + 1) } }],
    [
      'tens of thousands of ranges',
      {
        action: 'Allow',
        source: { nets: Array.from({ length: 20_000 }, (_, i) => `10.${i >> 8}.${i & 255}.0/25`) },
        destination: { notNets: Array.from({ length: 20_000 }, (_, i) => `fd00:${(2 * i).toString(16)}::/32`) },
      },
    ],
  ] as const) {
    it(`so does one of ${what}`, () => expect(complaint(rulesetOf([each]))).to.equal(''));
  }
});
