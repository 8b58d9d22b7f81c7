import { spawnSync } from 'node:child_process';
import { expect } from 'chai';
import fc from 'fast-check';
import type { HostNetworkPlan } from '../../../../lib/network/index.ts';
import { parseState } from '../../../../lib/network/linux/index.ts';
import { rulesOf } from '../../../../lib/network/linux/rules.ts';
import { applyScript, readScript } from '../../../../lib/network/linux/script.ts';

const fence = { controller: 'container/3', revision: 41 };
const plan: HostNetworkPlan = {
  installation: 'abcdefghijklmnopqrst',
  attachments: [
    {
      uid: 'u1',
      namespace: 'berth-0123456789ab',
      interfaces: [{ name: 'eth0', hostInterface: 'cali0123456789a', address: '10.64.0.5', mac: 'ee:12:34:56:78:9a' }],
      ports: [
        { host: 80, port: 8080, protocol: 'tcp' },
        { host: 53, port: 5353, protocol: 'udp' },
      ],
    },
  ],
  routes: [{ to: '10.64.0.9/32', via: '192.0.2.2' }],
  ownBlocks: ['10.64.0.0/26'],
  pools: ['10.64.0.0/24'],
  masquerade: ['10.64.0.0/24'],
  policies: [],
};

const parses = (script: string): string => spawnSync('sh', ['-n'], { input: script, encoding: 'utf8' }).stderr;

describe('the batch of a host', () => {
  it('is a shell script, whatever the plan', () => {
    const word = fc.stringMatching(/^[a-z0-9.:-]{1,20}$/);
    const plans = fc.record({
      installation: fc.stringMatching(/^[a-z][a-z0-9]{19}$/),
      attachments: fc.array(
        fc.record({
          uid: word,
          namespace: word,
          interfaces: fc.array(fc.record({ name: word, hostInterface: word, address: word, mac: word }), {
            maxLength: 2,
          }),
          ports: fc.array(
            fc.record({ host: fc.nat(), port: fc.nat(), protocol: fc.constantFrom('tcp' as const, 'udp' as const) }),
          ),
        }),
        { maxLength: 3 },
      ),
      routes: fc.array(fc.record({ to: word, via: word }), { maxLength: 3 }),
      ownBlocks: fc.array(word),
      pools: fc.array(word, { maxLength: 2 }),
      masquerade: fc.array(word, { maxLength: 2 }),
      policies: fc.constant<HostNetworkPlan['policies']>([]),
    });
    fc.assert(
      fc.property(plans, (each) => parses(applyScript(each, fence)) === ''),
      { numRuns: 25 },
    );
  });

  it('reads by a shell script', () => expect(parses(readScript())).equal(''));

  for (const value of ['a b', "'; reboot #", '$(reboot)', 'a\nb', 'a|b']) {
    it(`refuses a word that could be read as something else: ${JSON.stringify(value)}`, () => {
      const [attachment] = plan.attachments;
      expect(() => applyScript({ ...plan, attachments: [{ ...attachment!, uid: value }] }, fence)).throw('not a word');
    });
  }

  it('carries its fence and nothing that looks like one where none is proven', () => {
    expect(applyScript(plan, fence))
      .contain('revision=41\n')
      .contain("restored=''\n")
      .contain("controller='container~3'\n");
    expect(applyScript(plan, { ...fence, restoredFrom: 900 })).contain('restored=900\n');
  });

  it('states single addresses as `ip route` prints them', () => {
    const routes = [...plan.routes, { to: 'fd00::9/128', via: '2001:db8::2' }];
    expect(applyScript({ ...plan, routes }, fence)).contain(
      "wanted_routes='10.64.0.9 via 192.0.2.2\nfd00::9 via 2001:db8::2\nblackhole 10.64.0.0/26'",
    );
  });
});

describe('the rules of a host', () => {
  it('publish ports by protocol, at the container’s own address', () => {
    expect(rulesOf(plan)).match(/published_tcp4 {.*elements = { 80 : 10\.64\.0\.5 \. 8080 }/);
    expect(rulesOf(plan)).match(/published_udp4 {.*elements = { 53 : 10\.64\.0\.5 \. 5353 }/);
  });

  it('only take what is sent to the host itself, and not what somebody else listens for', () => {
    const lines = rulesOf(plan).split('\n');
    for (const line of lines.filter((each) => each.includes('dnat ip to')))
      expect(line).contain('fib daddr type local');
    expect(lines.filter((each) => each.trim() === 'meta l4proto . th dport @taken return')).length(2);
  });

  it('give the flows of a published UDP port a zone of their container', () => {
    const zone = (uid: string) =>
      /zones {.*elements = { 53 : (\d+) }/.exec(
        rulesOf({ ...plan, attachments: [{ ...plan.attachments[0]!, uid }] }),
      )?.[1];
    expect(zone('u1')).match(/^\d+$/).equal(zone('u1'));
    expect(zone('u1')).not.equal(zone('u2'));
  });

  it('are in tables of the installation', () => {
    expect(rulesOf(plan)).contain('table inet berth-abcdefgh {').contain('table arp berth-abcdefgh {');
  });

  it('are none when nothing is attached', () => expect(rulesOf({ ...plan, attachments: [] })).equal(''));

  it('refuse what goes to a network and has no way there', () => {
    const rules = rulesOf({ ...plan, pools: ['10.64.0.0-10.64.3.255'] });
    expect(rules)
      .match(/set pools4 {.*elements = { 10\.64\.0\.0-10\.64\.3\.255 }/)
      .match(/set routed4 {.*elements = { 10\.64\.0\.9\/32 }/)
      .contain('ip daddr @pools4 ip daddr != @routed4 reject with icmpx type no-route');
  });

  it('let nobody in or out where no policy says so', () => {
    expect(rulesOf(plan))
      .match(/map verdicts-in {.*"cali0123456789a" : drop }/)
      .match(/map verdicts-out {.*"cali0123456789a" : drop }/);
  });

  it('leave to Felix what is Felix’s', () => {
    const rules = rulesOf({ ...plan, dataplane: 'felix' });
    expect(rules).contain('published_tcp4').contain('127.0.0.0/8 oifname');
    expect(rules).not.match(/verdicts|sender|masquerade4|table arp berth-abcdefgh {/);
    const script = applyScript({ ...plan, dataplane: 'felix' }, fence);
    expect(script).contain("wanted_routes=''").contain("families=''");
  });
});

describe('what a host tells of its network', () => {
  it('is read into namespaces with addresses, interfaces, what is intact, what could not be made, and ports that others have', () => {
    const said = `interface cali1
namespace berth-a 10.64.0.1 10.65.0.1 fd00::1
namespace berth-b
taken inst tcp 80
intact inst
missing other no route to fd00::40/122 via 2001:db8::2: No route to host
done
`;
    expect(parseState(said)).deep.equal({
      hostInterfaces: ['cali1'],
      namespaces: [
        { name: 'berth-a', addresses: ['10.64.0.1', '10.65.0.1', 'fd00::1'] },
        { name: 'berth-b', addresses: [] },
      ],
      intact: ['inst'],
      missing: [{ installation: 'other', what: 'no route to fd00::40/122 via 2001:db8::2: No route to host' }],
      taken: [{ installation: 'inst', port: 80, protocol: 'tcp' }],
    });
  });
});
