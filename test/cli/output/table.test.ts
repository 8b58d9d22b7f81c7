import { expect } from 'chai';
import fc from 'fast-check';
import { age } from '../../../cli/output/age.ts';
import { mask } from '../../../cli/output/mask.ts';
import { Table } from '../../../cli/output/table.ts';

describe('a table', () => {
  it('has a header, cells in columns, and nothing behind the last', () => {
    const text = new Table(['NAME', 'N']).render([
      ['a-long-name', '1'],
      ['b', undefined],
    ]);
    expect(text).to.equal('NAME          N\na-long-name   1\nb             <none>\n');
  });

  it('has its header once, or never', () => {
    const table = new Table(['NAME']);
    expect(table.render([['a']])).to.equal('NAME\na\n');
    expect(table.render([['b']])).to.equal('b\n');
    expect(new Table(['NAME'], 'none').render([['a']])).to.equal('a\n');
  });

  it('keeps every row on one line, without control characters, columns below each other', () =>
    fc.assert(
      fc.property(
        fc.array(
          fc.tuple(
            fc.string({ unit: fc.constantFrom('a', 'é', ' ', '\n', '\t', '\0', '\u001b', '\u0085', '🐳') }),
            fc.string(),
          ),
          { maxLength: 5 },
        ),
        (rows) => {
          const lines = new Table(['ONE', 'TWO']).render(rows).split('\n');
          expect(lines).to.have.length(rows.length + 2);
          for (const line of lines) expect(/\p{Cc}/u.test(line)).to.equal(false);
        },
      ),
    ));
});

describe('an age', () => {
  const now = Date.parse('2026-01-10T00:00:00Z');
  for (const [seconds, printed] of [
    [-5, '0s'],
    [0, '0s'],
    [119, '119s'],
    [120, '2m'],
    [154, '2m34s'],
    [600, '10m'],
    [3 * 3600, '3h'],
    [3 * 3600 + 1860, '3h31m'],
    [47 * 3600, '47h'],
    [2 * 86_400 + 3600, '2d1h'],
    [20 * 86_400, '20d'],
    [800 * 86_400, '2y70d'],
  ] as const)
    it(`of ${seconds} s is ${printed}`, () =>
      expect(age(new Date(now - seconds * 1000).toISOString(), now)).to.equal(printed));

  it('of no time is said to be invalid', () => expect(age('yesterday', now)).to.equal('<invalid>'));
});

describe('what people are shown', () => {
  for (const [name, given, shown] of [
    ['POSTGRES_PASSWORD', 'x', '<hidden>'],
    ['adminPassword', 'x', '<hidden>'],
    ['api_key', 'x', '<hidden>'],
    ['token', 12, '<hidden>'],
    ['sealed', 'age…', '<hidden>'],
    ['privateKeyFile', '/etc/key', '/etc/key'],
    ['compass', 'north', 'north'],
    ['keys', 'a', 'a'],
    ['url', 'redis://user:hunter2@db:6379/0', 'redis://user:<hidden>@db:6379/0'],
    ['env', 'DB_PASSWORD=x', 'DB_PASSWORD=<hidden>'],
    ['command', '--token=x', '--token=<hidden>'],
    ['command', '--port=80', '--port=80'],
    ['requirepass', 'x', '<hidden>'],
    ['command', 'redis-server --requirepass hunter2 --port 6379', 'redis-server --requirepass <hidden> --port 6379'],
    ['command', "sh -c 'redis-server --requirepass hunter2'", "sh -c 'redis-server --requirepass <hidden>'"],
    ['command', 'mysqld --password "hun ter 2" -v', 'mysqld --password <hidden> -v'],
    ['command', 'mysqld --password=hun\\ ter2 -v', 'mysqld --password=<hidden> -v'],
    ['command', 'A=1 DB_PASSWORD=hunter2 run --to x', 'A=1 DB_PASSWORD=<hidden> run --to x'],
    ['command', 'mysql --password --host db', 'mysql --password --host db'],
    ['command', 'redis-cli config set requirepass hunter2', 'redis-cli config set requirepass <hidden>'],
    ['url', 'https://h/?a=1&access_token=hunter2', 'https://h/?a=1&access_token=<hidden>'],
    ['text', 'the secret garden, a password manager', 'the secret garden, a password manager'],
  ] as const)
    it(`of ${name}: ${given} is ${shown}`, () => expect(mask({ [name]: given })).to.deep.equal({ [name]: shown }));

  for (const [command, shown] of [
    [
      ['mysqld', '--password', 'hunter2', '--port', '3306'],
      ['mysqld', '--password', '<hidden>', '--port', '3306'],
    ],
    [
      ['x', '--token', '--secret', 'hunter2'],
      ['x', '--token', '--secret', '<hidden>'],
    ],
    [
      ['sh', '-c', 'run --auth-token hunter2 && sleep 1'],
      ['sh', '-c', 'run --auth-token <hidden> && sleep 1'],
    ],
    [
      ['x', '--pin-password', 1234],
      ['x', '--pin-password', '<hidden>'],
    ],
    [
      ['the', 'password', 'manager'],
      ['the', 'password', 'manager'],
    ],
  ])
    it(`of the command ${JSON.stringify(command)} is ${JSON.stringify(shown)}`, () =>
      expect(mask({ command })).to.deep.equal({ command: shown }));

  it('hides what lies deep, and changes nothing else', () => {
    const value = { services: [{ env: { A: '1', B_SECRET: '2' }, ports: [80] }], none: null };
    expect(mask(value)).to.deep.equal({
      services: [{ env: { A: '1', B_SECRET: '<hidden>' }, ports: [80] }],
      none: null,
    });
  });
});
