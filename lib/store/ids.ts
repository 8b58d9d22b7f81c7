/** What the segments of an id say. Ids are what the cache hands out, so their form is known. */

interface Identified {
  readonly id: string;
}

/** Of what is on a host: `h-1/default/shop/web-0` → `h-1`. */
export const hostOf = ({ id }: Identified): string => id.slice(0, id.indexOf('/'));

/** Of what is on a host: `h-1/default/shop/web-0` → `default/shop/web-0`. */
export const containerOf = ({ id }: Identified): string => id.slice(id.indexOf('/') + 1);

/** Of a container, and of all else that an application has: `default/shop/web-0` → `default/shop`. */
export const appOf = ({ id }: Identified): string => id.slice(0, id.lastIndexOf('/'));

/** The record's own name: `my-cloud/h-1` → `h-1`, `default/shop/web-0` and `h-1/default/shop/web-0` → `web-0`. */
export const nameOf = ({ id }: Identified): string => id.slice(id.lastIndexOf('/') + 1);
