import { readdirSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import fc from 'fast-check';
import { formatCidr, parseCidr } from '../../../lib/addresses/index.ts';
import {
  block,
  type Codec,
  cidrOfKey,
  codecs,
  decodeRecord,
  ipPool,
  keyOf,
  kindOf,
  parseJson,
  parseWorkloadEndpointName,
  workloadEndpoint,
  workloadEndpointName,
  writeJson,
} from '../../../lib/calico/index.ts';

const fixtures = new URL('fixtures/', import.meta.url);

/** Key and value of every record that the real programs wrote: a line each. */
function* recorded(): Iterable<{ file: string; id: string; value: string }> {
  for (const file of readdirSync(fixtures).sort()) {
    const lines = readFileSync(new URL(file, fixtures), 'utf8').trimEnd().split('\n');
    for (let i = 0; i + 1 < lines.length; i += 2) {
      yield { file, id: lines[i]!.replace(/^\/calico\//, ''), value: lines[i + 1]! };
    }
  }
}

function rewrite(id: string, value: string): string {
  const codec: Codec<unknown> = codecs[kindOf(id)!];
  return codec.write(decodeRecord(codec, id, Buffer.from(value)));
}

describe('records that the real Calico wrote', () => {
  const known = [...recorded()].map((record) => ({ ...record, kind: kindOf(record.id) }));

  for (const { file, id, value } of known) {
    it(`${file}: ${id} is written back byte for byte`, () => expect(rewrite(id, value)).to.equal(value));
  }

  it('cover every kind that is read', () =>
    expect(new Set(known.map(({ kind }) => kind))).to.deep.equal(new Set(Object.keys(codecs))));

  it('name their blocks and endpoints as the keys do', () => {
    for (const { id, value, kind } of known) {
      if (kind === 'block') {
        const { cidr } = decodeRecord(block, id, Buffer.from(value));
        expect(keyOf.block(parseCidr(cidr))).to.equal(id);
        expect(formatCidr(cidrOfKey(id)!)).to.equal(cidr);
      }
      if (kind === 'workloadEndpoint') {
        const { metadata, spec } = decodeRecord(workloadEndpoint, id, Buffer.from(value));
        const workload = spec.containerID ?? spec.workload ?? '';
        expect(workloadEndpointName({ ...spec, workload, endpoint: spec.endpoint ?? '' })).to.equal(metadata.name);
      }
    }
  });
});

describe('a record that is changed', () => {
  const id = keyOf.pool('blue');
  const changed = (value: string) => {
    const pool = decodeRecord(ipPool, id, Buffer.from(value));
    return ipPool.write({ ...pool, spec: { ...pool.spec, disabled: true } });
  };

  it('keeps what a newer Calico put into it, where it stood', () =>
    expect(
      changed(
        '{"kind":"IPPool","apiVersion":"projectcalico.org/v3","future":1,"metadata":{"name":"blue","ownerReferences":[{"a":null}]},"spec":{"new":{"10":"<","9":18446744073709551615},"cidr":"10.60.0.0/16","natOutgoing":true,"blockSize":26}}',
      ),
    ).to.equal(
      '{"kind":"IPPool","apiVersion":"projectcalico.org/v3","future":1,"metadata":{"name":"blue","ownerReferences":[{"a":null}]},"spec":{"new":{"10":"\\u003c","9":18446744073709551615},"cidr":"10.60.0.0/16","natOutgoing":true,"disabled":true,"blockSize":26}}',
    ));

  it('keeps its bytes when nothing changes', () => {
    const value = '{"state":"pending","deleted":false,"extra":[1e+21,0.1]}';
    expect(rewrite('ipam/v2/host/n1/ipv4/block/10.60.0.0-30', value)).to.equal(value);
  });

  it('keeps its bytes whoever wrote it: in any order, with members that nobody knows and with nulls', () => {
    const known = { kind: 'IPPool', apiVersion: 'projectcalico.org/v3', metadata: { name: 'blue' } };
    const spec = {
      cidr: '10.60.0.0/16',
      natOutgoing: true,
      blockSize: 26,
      allowedUses: ['Tunnel'],
      nodeSelector: 'a<b',
    };
    const unknown = fc.dictionary(fc.stringMatching(/^x[a-z]{0,3}$/), fc.jsonValue(), { maxKeys: 3 });
    const optional = fc.dictionary(fc.constantFrom('vxlanMode', 'disabled'), fc.constant(null));
    const shuffled = (members: fc.Arbitrary<object>) =>
      members.chain((all) => fc.shuffledSubarray(Object.entries(all), { minLength: Object.keys(all).length }));
    const inner = shuffled(fc.tuple(unknown, optional).map(([more, nulls]) => ({ ...spec, ...more, ...nulls })));
    const outer = fc
      .tuple(unknown, inner)
      .map(([more, members]) => ({ ...known, ...more, spec: Object.fromEntries(members) }));
    fc.assert(
      fc.property(shuffled(outer), (members) => {
        const text = writeJson(parseJson(JSON.stringify(Object.fromEntries(members))));
        expect(rewrite(id, text)).to.equal(text);
      }),
    );
  });
});

describe('names of workload endpoints', () => {
  it('double the dashes inside their segments', () =>
    expect(
      workloadEndpointName({ node: 'host-1', orchestrator: 'cni', workload: '4f1c9a', endpoint: 'eth0' }),
    ).to.equal('host--1-cni-4f1c9a-eth0'));

  it('are read back', () => {
    const segment = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,8}[a-z0-9])?$/);
    fc.assert(
      fc.property(segment, segment, segment, segment, (host, orchestrator, workload, endpoint) => {
        const parts = { node: host, orchestrator, workload, endpoint };
        expect(parseWorkloadEndpointName(workloadEndpointName(parts))).to.deep.equal(parts);
      }),
    );
  });
});
