import { expect } from 'chai';
import { parseRecord } from '../../../lib/schema/index.ts';
import { badRecords } from './bad-records.ts';

describe('records that are refused', () => {
  for (const { what, kind, id, value, code, at, field, expected } of badRecords)
    it(`${what} (${kind})`, () => {
      const result = parseRecord({ kind, id, value });
      if (result.ok) return expect.fail('accepted');
      const [error] = result.errors;
      expect(error).to.include({ code });
      const place = `${kind}/${id}${at ? `:${at}` : ''}${field ? ` ${field}` : ''}`;
      expect(error!.details.place).to.equal(place);
      expect(error!.message).to.include(expected);
    });

  it('are named by ids that differ', () => {
    const keys = badRecords.map(({ kind, id }) => `${kind}/${id}`);
    expect(new Set(keys).size).to.equal(keys.length);
  });
});
