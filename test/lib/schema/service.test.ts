import { expect } from 'chai';
import { accepted } from './accepted.ts';

/** A service of type docker:a with these lines. */
const service = (text: string) =>
  accepted('applications', 'default/a', `location: c\nservices:\n- type: docker:a\n${text}`).services[0]!;

describe('a service', () => {
  const tcp = (port: number) => ({ port, protocol: 'tcp' });
  for (const [text, field, expected] of [
    ['  openPorts: 80', 'openPorts', [tcp(80)]],
    ['  openPorts: "80"', 'openPorts', [tcp(80)]],
    ['  openPorts: [80, 53/udp, 53/TCP]', 'openPorts', [tcp(80), { port: 53, protocol: 'udp' }, tcp(53)]],
    [
      '  mappedPorts: { 80: 8080, 53/udp: 5353 }',
      'mappedPorts',
      [
        { ...tcp(8080), host: 80 },
        { port: 5353, protocol: 'udp', host: 53 },
      ],
    ],
    [
      '  mappedPorts: ["80:8080", { 81: 8081 }, 82, 53:5353/udp]',
      'mappedPorts',
      [
        { ...tcp(8080), host: 80 },
        { ...tcp(8081), host: 81 },
        { ...tcp(82), host: 82 },
        { port: 5353, protocol: 'udp', host: 53 },
      ],
    ],
    ['  portBindings: { 80: 8080 }', 'mappedPorts', [{ ...tcp(8080), host: 80 }]],
    ['  mappedPorts: 80:8080', 'mappedPorts', [{ ...tcp(8080), host: 80 }]],
    ['  env: { A: 1.10, B: true, C: "x=y", D: "" }', 'env', { A: '1.10', B: 'true', C: 'x=y', D: '' }],
    ['  env: [A=1, "B=x=y", { C: 3 }]', 'env', { A: '1', B: 'x=y', C: '3' }],
    [
      '  env: { A: $brooklyn:component("b").attributeWhenReady("host.address") }',
      'env',
      { A: { $brooklyn: '$brooklyn:component("b").attributeWhenReady("host.address")' } },
    ],
    ['  env: { A: { $brooklyn:component: b } }', 'env', { A: { $brooklyn: '$brooklyn:component("b")' } }],
    [
      '  env: { A: { $brooklyn:formatString: ["%s:1", $brooklyn:config("x")] } }',
      'env',
      { A: { $brooklyn: '$brooklyn:formatString("%s:1", config("x"))' } },
    ],
    [`  command: sh -c 'echo "a  b"' "c\\"d" e\\ f ''`, 'command', ['sh', '-c', 'echo "a  b"', 'c"d', 'e f', '']],
    ['  command: [sleep, 10]', 'command', ['sleep', '10']],
    ['  commands: [sleep, 10]', 'command', ['sleep', '10']],
    ['  command: $brooklyn:config("x")', 'command', [{ $brooklyn: '$brooklyn:config("x")' }]],
    ['  entrypoint: /init --now', 'entrypoint', ['/init', '--now']],
    ['  user: 1000', 'user', '1000'],
    [
      '  volumes: ["data:/d", "/etc/ssl:/ssl:ro"]',
      'volumes',
      [
        { source: 'data', target: '/d', readOnly: false },
        { source: '/etc/ssl', target: '/ssl', readOnly: true },
      ],
    ],
    ['  volumes: { data: /d:ro }', 'volumes', [{ source: 'data', target: '/d', readOnly: true }]],
    ['  labels: { version: 1.10 }', 'labels', { version: '1.10' }],
    ['  labels: [a=b]', 'labels', { a: 'b' }],
    ['  cpus: 500m', 'cpus', 0.5],
    ['  memory: 512Mi', 'memory', 2 ** 29],
    ['  stopGrace: 1m30s', 'stopGrace', 90],
    ['  restart: no', 'restart', 'no'],
    [
      '  healthCheck: { test: curl -f localhost }',
      'healthCheck',
      { test: ['CMD-SHELL', 'curl -f localhost'], interval: 30, timeout: 30, retries: 3, startPeriod: 0 },
    ],
    [
      '  healthCheck: { test: [redis-cli, ping], interval: 5s }',
      'healthCheck',
      { test: ['CMD', 'redis-cli', 'ping'], interval: 5, timeout: 30, retries: 3, startPeriod: 0 },
    ],
    [
      '  healthCheck: { test: [NONE] }',
      'healthCheck',
      { test: ['NONE'], interval: 30, timeout: 30, retries: 3, startPeriod: 0 },
    ],
    ['  brooklyn.config: { openPorts: 80, memory: 1g }', 'memory', 2 ** 30],
    ['  brooklyn.config: { openPorts: 80 }', 'openPorts', [tcp(80)]],
    ['  networks: [default]', 'image', 'a:latest'],
    ['  brooklyn.policies: []', 'image', 'a:latest'],
    ['  env:\n  links:', 'links', []],
  ] as const)
    it(text.trim(), () => expect(service(text)).to.have.property(field).that.deep.equals(expected));

  for (const links of [
    '{ x: b }',
    '[b:x]',
    '[{ x: b }]',
    '{ x: $brooklyn:component("b") }',
    '{ x: { $brooklyn:component: b } }',
    `{ x: '$brooklyn:entity("b")' }`,
  ])
    it(`links: ${links}`, () => {
      const { services } = accepted(
        'applications',
        'n/a',
        `location: c\nservices:\n- { type: docker:a, links: ${links.replace(/\$brooklyn:component\("b"\)/, `'$&'`)} }\n- { type: docker:b }`,
      );
      expect(services[0]!.links).to.deep.equal([{ alias: 'x', service: 'b' }]);
    });

  it('takes the strategies of the application first', () =>
    expect(
      accepted(
        'applications',
        'n/a',
        'location: c\nstrategies: [random]\nservices: [{ type: docker:a, strategies: [{ maxContainers: 2 }] }]',
      ).services[0]!.strategies,
    ).to.deep.equal(['random', { maxContainers: 2 }]));

  it('may call strategies as Clocker does', () =>
    expect(
      service(
        '  strategies: [LeastContainers, { MaxContainers: 3 }, brooklyn.location.docker.strategy.BreadthFirstPlacementStrategy]',
      ).strategies,
    ).to.deep.equal(['leastContainers', { maxContainers: 3 }, 'breadthFirst']));
});
