/** Whether two values are the same as JSON: a field that is `undefined` counts as absent, the order of fields does not count. */
export function sameJson(one: unknown, other: unknown): boolean {
  if (one === other) return true;
  if (!isObject(one) || !isObject(other)) return false;
  if (Buffer.isBuffer(one) || Buffer.isBuffer(other)) {
    return Buffer.isBuffer(one) && Buffer.isBuffer(other) && one.equals(other);
  }
  if (Array.isArray(one) || Array.isArray(other)) {
    if (!Array.isArray(one) || !Array.isArray(other) || one.length !== other.length) return false;
    return one.every((item, i) => sameJson(item, other[i]));
  }
  let surplus = 0;
  for (const name in one) {
    if (one[name] === undefined) continue;
    surplus++;
    if (!sameJson(one[name], other[name])) return false;
  }
  for (const name in other) if (other[name] !== undefined) surplus--;
  return surplus === 0;
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
