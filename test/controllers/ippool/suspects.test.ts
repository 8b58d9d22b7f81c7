import { expect } from 'chai';
import { Suspects } from '../../../controllers/ippool/suspects.ts';

const MINUTE = 60_000;
const at = (revision: number, id = 'a') => ({ id, revision });

describe('what is suspected to belong to nobody', () => {
  const due = (suspects: Suspects, found: ReturnType<typeof at>[], minutes: number) =>
    suspects.review('handles', found, minutes * MINUTE).map(({ id }) => id);

  it('goes after ten minutes, at the second look at the earliest', () => {
    const suspects = new Suspects();
    expect(due(suspects, [at(1)], 100)).to.deep.equal([]);
    expect(due(suspects, [at(1)], 105)).to.deep.equal([]);
    expect(due(suspects, [at(1)], 110)).to.deep.equal(['a']);
  });

  it('begins anew when it was written or was somebody’s in between', () => {
    const suspects = new Suspects();
    expect(due(suspects, [at(1), at(1, 'b')], 0)).to.deep.equal([]);
    expect(due(suspects, [at(2), at(1, 'b')], 10)).to.deep.equal(['b']);
    expect(due(suspects, [], 15)).to.deep.equal([]);
    expect(due(suspects, [at(2)], 20)).to.deep.equal([]);
    expect(due(suspects, [at(2)], 30)).to.deep.equal(['a']);
  });

  it('is kept apart by what is looked at', () => {
    const suspects = new Suspects();
    suspects.review('handles', [at(1)], 0);
    suspects.review('pools', [], 5 * MINUTE);
    expect(due(suspects, [at(1)], 10)).to.deep.equal(['a']);
  });
});
