import { expect } from 'chai';
import { Batch, type Part } from '../../../controllers/ippool/batch.ts';
import type { Owned } from '../../../controllers/ippool/context.ts';
import { Setbacks, type Task } from '../../../controllers/ippool/setbacks.ts';
import { BerthError, isCode } from '../../../lib/errors/index.ts';
import type { Store, Unit, View } from '../../../lib/store/index.ts';

const nothing: View = { revision: 1, get: () => undefined, list: () => [], by: () => [] };

/** A store in which no transaction lands that writes the one id. */
class Refusing implements Pick<Store<Owned>, 'commit'> {
  readonly landed: string[] = [];
  refuses: string | undefined = 'bad';

  async commit({ writes }: Unit<Owned>): Promise<number> {
    if (writes.some(({ id }) => id === this.refuses)) throw new BerthError('BERTH_CONFLICT', 'it is there');
    this.landed.push(writes.map(({ id }) => id).join(' '));
    return 2;
  }
}

const task = (id: string): Task => {
  const part: Part = { writes: [{ delete: 'endpoints', id }], guards: [] };
  return { about: `containers/${id}`, perform: (batch) => batch.add(() => part) };
};

describe('tasks of a host', () => {
  function scene() {
    const store = new Refusing();
    const told: string[] = [];
    const setbacks = new Setbacks();
    const full: Store<Owned> = { ...never, commit: (unit) => store.commit(unit) };
    const visit = (...ids: string[]) =>
      setbacks
        .carryOut('h-1', ids.map(task), {
          begin: () => new Batch(nothing, full),
          tell: (about, why) => void told.push(`${about}: ${why}`),
        })
        .then(
          () => 'done',
          (error: unknown) => (isCode(error, 'BERTH_CONFLICT') ? 'refused' : String(error)),
        );
    return { store, told, visit };
  }

  it('go together', async () => {
    const { store, visit } = scene();
    expect(await visit('a', 'b')).to.equal('done');
    expect(store.landed).to.deep.equal(['a b']);
  });

  it('of which one is refused go one by one the next time, and only the bad one stays undone', async () => {
    const { store, visit } = scene();
    expect(await visit('a', 'bad', 'b')).to.equal('refused');
    expect(store.landed).to.deep.equal([]);
    expect(await visit('a', 'bad', 'b')).to.equal('refused');
    expect(store.landed).to.deep.equal(['a', 'b']);
  });

  it('go together again once all of them have landed', async () => {
    const { store, visit } = scene();
    await visit('a', 'bad');
    store.refuses = undefined;
    await visit('a', 'bad');
    await visit('c', 'd');
    expect(store.landed).to.deep.equal(['a', 'bad', 'c d']);
  });

  it('that fail again and again are told of, by themselves', async () => {
    const { told, visit } = scene();
    await visit('a', 'bad');
    await visit('a', 'bad');
    expect(told).to.deep.equal([]);
    await visit('a', 'bad');
    expect(told.join()).to.match(/^containers\/bad: it is there/);
  });
});

const unused = async (): Promise<never> => {
  throw new Error('not used');
};
const never: Store<Owned> = { commit: unused, put: unused, delete: unused, read: unused };
