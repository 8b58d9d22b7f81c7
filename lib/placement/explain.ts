/**
 * Why no host fits, in one sentence, the commonest reason first:
 * `no host fits: 3 of 5 full (maxContainers 16), 2 lack memory`.
 */
export function explain(hosts: number, reasons: ReadonlyMap<string, ReadonlyMap<string, number>>): string {
  if (hosts === 0) return 'no host fits: the cloud has no hosts yet';
  const all = [...reasons.values()].flatMap((counts) => [...counts]);
  all.sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1));
  const said = all.map(([reason, count], i) => (i === 0 ? `${count} of ${hosts} ${reason}` : `${count} ${reason}`));
  return `no host fits: ${said.join(', ') || `${hosts} of ${hosts} have no free host port left`}`;
}
