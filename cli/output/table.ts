/** A cell without anything to show, as kubectl has it. */
const NOTHING = '<none>';
const GAP = '   ';

/**
 * Lines with columns in common, for people: padded with spaces, nothing behind the last cell. Rows may come later
 * (`get -w`): columns are as wide as what has been seen so far.
 */
export class Table {
  readonly #header: readonly string[];
  readonly #widths: number[];
  #headed: boolean;

  constructor(header: readonly string[], headers?: 'none') {
    this.#header = header;
    this.#headed = headers === 'none';
    this.#widths = header.map((name) => name.length);
  }

  /** The rows as text, below the header the first time. */
  render(rows: readonly (readonly (string | undefined)[])[]): string {
    const lines = rows.map((row) => row.map(clean));
    for (const line of lines)
      for (const [i, cell] of line.entries()) this.#widths[i] = Math.max(this.#widths[i] ?? 0, widthOf(cell));
    const all = this.#headed ? lines : [this.#header, ...lines];
    this.#headed = true;
    return all.map((line) => `${this.#pad(line)}\n`).join('');
  }

  #pad(line: readonly string[]): string {
    return line
      .map((cell, i) => (i === line.length - 1 ? cell : cell + ' '.repeat(this.#widths[i]! - widthOf(cell))))
      .join(GAP)
      .trimEnd();
  }
}

/** A message of somebody else must not break the table, nor talk to the terminal. */
const clean = (text: string | undefined): string =>
  text === undefined || text === '' ? NOTHING : text.replace(/[\p{Cc}\s]+/gu, ' ').trim();

/** In characters, not in UTF-16 units. */
const widthOf = (text: string): number => [...text].length;
