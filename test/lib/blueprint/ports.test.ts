import { expect } from 'chai';
import { listeningPorts, portsOf } from '../../../lib/blueprint/ports.ts';
import { service, tcp } from './fixtures.ts';

const udp = (port: number) => ({ port, protocol: 'udp' as const });

describe('portsOf', () => {
  for (const [what, ports, wanted] of [
    ['openPorts get any host port', { openPorts: [tcp(80)] }, [{ ...tcp(80), host: 0 }]],
    ['directPorts get the same', { directPorts: [tcp(80)] }, [{ ...tcp(80), host: 80 }]],
    ['mappedPorts get the one given', { mappedPorts: [{ ...tcp(80), host: 8080 }] }, [{ ...tcp(80), host: 8080 }]],
    ['open and direct is direct', { openPorts: [tcp(6379)], directPorts: [tcp(6379)] }, [{ ...tcp(6379), host: 6379 }]],
    [
      'open and mapped is mapped',
      { openPorts: [tcp(80)], mappedPorts: [{ ...tcp(80), host: 8080 }] },
      [{ ...tcp(80), host: 8080 }],
    ],
    [
      'direct and mapped elsewhere is both',
      { directPorts: [tcp(80)], mappedPorts: [{ ...tcp(80), host: 8080 }] },
      [
        { ...tcp(80), host: 80 },
        { ...tcp(80), host: 8080 },
      ],
    ],
    [
      'what is said twice counts once',
      { openPorts: [tcp(80), tcp(80)], directPorts: [tcp(81), tcp(81)] },
      [
        { ...tcp(80), host: 0 },
        { ...tcp(81), host: 81 },
      ],
    ],
    [
      'TCP and UDP are two',
      { openPorts: [udp(53), tcp(53)] },
      [
        { ...tcp(53), host: 0 },
        { ...udp(53), host: 0 },
      ],
    ],
  ] as const) {
    it(what, () => {
      const copy = { openPorts: [], directPorts: [], mappedPorts: [], ...structuredClone(ports) };
      expect(portsOf(service('a', JSON.parse(JSON.stringify(copy))))).to.deep.equal(wanted);
    });
  }

  it('does not depend on the order in which ports were written', () => {
    const one = portsOf(service('a', { openPorts: [tcp(3), tcp(1), udp(2)] }));
    expect(portsOf(service('a', { openPorts: [udp(2), tcp(1), tcp(3)] }))).to.deep.equal(one);
  });
});

describe('listeningPorts', () => {
  it('lists each port once', () => {
    expect(
      listeningPorts([
        { ...tcp(80), host: 80 },
        { ...tcp(80), host: 8080 },
        { ...udp(80), host: 0 },
      ]),
    ).to.deep.equal([tcp(80), udp(80)]);
  });
});
