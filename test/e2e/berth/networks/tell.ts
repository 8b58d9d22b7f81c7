/** A figure between mocha's lines. @param since  `performance.now()` */
export function tell(what: string, since: number, more?: string): void {
  const seconds = ((performance.now() - since) / 1000).toFixed(1);
  process.stdout.write(`      ${seconds} s  ${what}${more === undefined ? '' : ` (${more})`}\n`);
}
