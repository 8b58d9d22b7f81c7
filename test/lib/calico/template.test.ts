import { expect } from 'chai';
import fc from 'fast-check';
import { type Metadata, type ProfileSpec, profile, template } from '../../../lib/calico/index.ts';

describe('a template of a record', () => {
  it('gives the bytes that the codec gives, whatever the strings', () => {
    const record = (name: string, label: string) => {
      const metadata: Metadata = { name, uid: label, creationTimestamp: '2026-01-01T00:00:00Z' };
      const spec: ProfileSpec = { labelsToApply: new Map([['kind', label]]) };
      return { kind: 'Profile', apiVersion: 'projectcalico.org/v3', metadata, spec };
    };
    const write = template(profile, ['name', 'label'], (hole) => record(hole('name'), hole('label')));
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string(), (name, label) => {
        expect(write({ name, label })).to.equal(profile.write(record(name, label)));
      }),
    );
  });
});
