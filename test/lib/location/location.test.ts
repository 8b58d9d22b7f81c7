import { expect } from 'chai';
import fc from 'fast-check';
import { machineKey, parseLocation } from '../../../lib/location/index.ts';

/** The machines of a byon location, as `user@address:port`. */
function machines(location: unknown): string[] {
  const result = parseLocation(location);
  if (!result.ok || result.location.driver !== 'byon') return expect.fail(JSON.stringify(result));
  return result.location.machines.map((machine) => (machine.user ? `${machine.user}@` : '') + machineKey(machine));
}

describe('a byon location', () => {
  for (const [written, ...expected] of [
    ['byon:(hosts="10.0.0.1")', '10.0.0.1:22'],
    ['byon:(hosts="10.0.0.{1,2-4}")', '10.0.0.1:22', '10.0.0.2:22', '10.0.0.3:22', '10.0.0.4:22'],
    ['byon:(hosts="10.0.0.1,admin@10.0.1.4:2222")', '10.0.0.1:22', 'admin@10.0.1.4:2222'],
    ['byon:( hosts = "h1, h2" , user = "me", port=23 )', 'me@h1:23', 'me@h2:23'],
    [`byon:(hosts='Node{a,b}.Example.COM')`, 'nodea.example.com:22', 'nodeb.example.com:22'],
    ['byon:(hosts="h{08-10}")', 'h08:22', 'h09:22', 'h10:22'],
    ['byon:(hosts="10.{0,1}.0.{1,2}")', '10.0.0.1:22', '10.0.0.2:22', '10.1.0.1:22', '10.1.0.2:22'],
    ['byon:(hosts="[2001:DB8:0::1]:2222,2001:db8::2")', '[2001:db8::1]:2222', '[2001:db8::2]:22'],
    ['byon:(hosts="h{1,2}:2200")', 'h1:2200', 'h2:2200'],
  ] as const)
    it(`${written} is ${expected.length} machines`, () => expect(machines(written)).to.deep.equal(expected));

  for (const [name, map] of [
    ['as a map', { driver: 'byon', hosts: ['10.0.0.{1,2}', 'admin@h:23'] }],
    ['as a map with a string', { driver: 'byon', hosts: '10.0.0.{1,2},admin@h:23' }],
    ['as Brooklyn’s map', { byon: { hosts: ['10.0.0.{1,2},admin@h:23'] } }],
  ] as const)
    it(`is the same ${name}`, () => {
      expect(machines(map)).to.deep.equal(['10.0.0.1:22', '10.0.0.2:22', 'admin@h:23']);
      expect(parseLocation(map)).to.have.nested.property('location.text', 'byon:(hosts="10.0.0.{1,2},admin@h:23")');
    });

  it('holds as many machines as 65,536', () =>
    expect(machines('byon:(hosts="10.0.{0-255}.{0-255}")')).to.have.length(65_536));
});

describe('other locations', () => {
  for (const [written, expected] of [
    ['localhost', { driver: 'localhost', text: 'localhost' }],
    ['sandbox', { driver: 'sandbox', text: 'sandbox' }],
    [
      { driver: 'sandbox', memory: '2g' },
      { driver: 'sandbox', text: 'sandbox:(memory="2g")', memory: 2 ** 31 },
    ],
    ['hollow', { driver: 'hollow', text: 'hollow', cpus: 16, memory: 2 ** 36, zones: 1, startMs: 200, failureRate: 0 }],
    [
      'hollow:(cpus=4,memory=8g,zones=3)',
      {
        driver: 'hollow',
        text: 'hollow:(cpus="4",memory="8g",zones="3")',
        cpus: 4,
        memory: 2 ** 33,
        zones: 3,
        startMs: 200,
        failureRate: 0,
      },
    ],
    [
      { driver: 'hollow', cpus: 4, startMs: 0, failureRate: 0.5 },
      {
        driver: 'hollow',
        text: 'hollow:(cpus=4,startMs=0,failureRate=0.5)',
        cpus: 4,
        memory: 2 ** 36,
        zones: 1,
        startMs: 0,
        failureRate: 0.5,
      },
    ],
    ['jclouds:aws-ec2', { driver: 'jclouds', text: 'jclouds:aws-ec2', provider: 'aws-ec2' }],
    [
      'jclouds:aws-ec2:eu-central-1',
      { driver: 'jclouds', text: 'jclouds:aws-ec2:eu-central-1', provider: 'aws-ec2', region: 'eu-central-1' },
    ],
    [
      'jclouds:openstack-nova:https://keystone:5000/v2.0',
      {
        driver: 'jclouds',
        text: 'jclouds:openstack-nova:https://keystone:5000/v2.0',
        provider: 'openstack-nova',
        region: 'https://keystone:5000/v2.0',
      },
    ],
    [
      { 'jclouds:aws-ec2': { region: 'eu-central-1' } },
      { driver: 'jclouds', text: 'jclouds:aws-ec2:eu-central-1', provider: 'aws-ec2', region: 'eu-central-1' },
    ],
  ] as const)
    it(JSON.stringify(written), () => expect(parseLocation(written)).to.deep.equal({ ok: true, location: expected }));
});

describe('a location that is wrong', () => {
  for (const [written, offset, found, expected] of [
    ['byon:(hosts="10.0.0.{1,9-2}")', 23, '"9-2"', 'from less to more'],
    ['byon:(hosts="10.0.0.{1,2")', 20, '"{"', 'closes it'],
    ['byon:(hosts="10.0.0.1}")', 21, '"}"', 'before it'],
    ['byon:(hosts="a,,b")', 15, 'nothing', 'separated by commas'],
    ['byon:(hosts="h:99999")', 15, '"99999"', '1 to 65535'],
    ['byon:(hosts="a b@h")', 13, '"a b"', 'a user name'],
    ['byon:(hosts="10.0.0.{1-300}")', 13, '"10.0.0.256"', 'an IP address'],
    ['byon:(hosts="h",host="i")', 16, 'host', 'hosts, user, port'],
    ['byon:(hosts="h"', 6, '"hosts=\\"h\\""', 'a closing ")"'],
    ['byon:(hosts="h', 6, '"hosts=\\"h"', 'a closing quote'],
    ['byon:(hosts="h")x', 16, '"x"', 'nothing after'],
    ['byon:hosts', 5, '"hosts"', 'byon:(name=value,…)'],
    ['sandbox:(memory=lots)', 16, '"lots"', 'bytes'],
    ['nowhere', 0, '"nowhere"', 'sandbox'],
    ['jclouds:', 8, 'nothing', 'a provider'],
    ['', 0, 'nothing', 'sandbox'],
  ] as const)
    it(`${JSON.stringify(written)}: found ${found} at ${offset}`, () => {
      const result = parseLocation(written);
      if (result.ok) return expect.fail('accepted');
      expect(result.problem).to.include({ offset, found });
      expect(result.problem.expected).to.include(expected);
    });

  it('is never thrown, whatever it is', () =>
    fc.assert(
      fc.property(
        fc.oneof(
          fc.anything(),
          fc.string(),
          fc
            .array(fc.constantFrom('byon', ':', '(', ')', 'hosts', '=', '"', '{', '}', '1-9', ',', '@', ' ', 'h'))
            .map((parts) => `byon:(hosts="${parts.join('')}`),
        ),
        (anything) => void parseLocation(anything),
      ),
    ));
});

describe('the printed text of a location', () => {
  const host = fc.constantFrom('10.0.0.{1,2-9}', 'a{1-3}', 'me@b:2222', '[::1]:23', 'c');
  it('is parsed to the same location', () =>
    fc.assert(
      fc.property(fc.uniqueArray(host, { minLength: 1 }), fc.constantFrom('array', 'string'), (hosts, form) => {
        const first = parseLocation({ driver: 'byon', hosts: form === 'array' ? hosts : hosts.join(', ') });
        if (!first.ok) return expect.fail(JSON.stringify(first.problem));
        expect(parseLocation(first.location.text)).to.deep.equal(first);
      }),
    ));
});
