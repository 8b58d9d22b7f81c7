import type { NameRecord } from '../../lib/records/index.ts';

/** Where the kind lies; a cloud's prefix is this or below it. */
const ROOT = '/skydns';

/**
 * A name as SkyDNS wrote it and CoreDNS's plugin `etcd` reads it: the labels from the root down, and below them a key for
 * each address or target. `web.shop.default.berth` is `berth/default/shop/web/10-64-0-5` with
 * `{"host":"10.64.0.5","ttl":5}`. A reverse name has one answer, under its very key.
 *
 * @param id  of the name's record, `<zone>/<name>`
 * @returns values by id of kind `skydns`; none where the record asks for none
 */
export function skydnsOf(id: string, { skydns, ttl, addresses, srv = [], ptr }: NameRecord): Map<string, Buffer> {
  const entries = new Map<string, Buffer>();
  if (skydns === undefined) return entries;
  const slash = id.indexOf('/');
  const labels = [...id.slice(slash + 1).split('.'), ...id.slice(0, slash).split('.')];
  const path = [...skydns.slice(ROOT.length).split('/'), ...labels.reverse()].filter((part) => part !== '').join('/');
  const add = (key: string, value: object) => entries.set(key, Buffer.from(JSON.stringify(value)));
  for (const address of addresses) add(`${path}/${address.replace(/[.:]/g, '-')}`, { host: address, ttl });
  for (const { target, port } of srv)
    add(`${path}/${target.slice(0, target.indexOf('.'))}`, { host: target, port, ttl });
  if (ptr !== undefined) add(path, { host: ptr, ttl });
  return entries;
}

/**
 * The records that a key below `/skydns` may stand for, where a cloud's names lie in `zone`: whoever changes the key makes
 * their application be looked at.
 *
 * @param key  id of kind `skydns`
 * @returns ids of `names`
 */
export function namesBehind(key: string, { zone, prefix }: { zone: string; prefix: string }): string[] {
  const below = prefix.slice(ROOT.length + 1);
  if (below !== '' && !key.startsWith(`${below}/`)) return [];
  const labels = (below === '' ? key : key.slice(below.length + 1)).split('/').reverse();
  return [labels, labels.slice(1)].flatMap((each) => {
    const name = each.join('.');
    return name.endsWith(`.${zone}`) ? [`${zone}/${name.slice(0, -zone.length - 1)}`] : [];
  });
}
