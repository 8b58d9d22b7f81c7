/** What stands where a secret was. */
const HIDDEN = '<hidden>';

/** Names whose value is a secret, wherever they end so: `DB_PASSWORD`, `apiKey`; not `privateKeyFile`. */
const SECRET =
  /(^|[^a-z])(pass|passwd|password|passphrase|pwd|secret|token|credentials?|sealed|auth|(api|access|private|secret|encryption)[-_.]?keys?)$/i;
/** The same words within camelCase: `adminPassword`, `clientSecret`. */
const SECRET_CAMEL =
  /[a-z](Pass|Passwd|Password|Passphrase|Pwd|Secret|Token|Credentials?|(Api|Access|Private|Secret)Key)$/;

const isSecret = (name: string): boolean => SECRET.test(name) || SECRET_CAMEL.test(name);

/** A copy of a value that people may see: what looks like a secret, by its name or within a URL, is hidden. */
export function mask(value: unknown, name = ''): unknown {
  if (typeof value === 'string') return isSecret(name) ? HIDDEN : maskText(value);
  if (Array.isArray(value)) return value.map((item) => mask(item, name));
  if (typeof value !== 'object' || value === null) return value !== null && isSecret(name) ? HIDDEN : value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, mask(item, key)]));
}

/** `PASSWORD=…` as a list of variables has it, `--password=…`, and the password of `redis://user:…@host`. */
function maskText(text: string): string {
  const assigned = /^(-{0,2}[\w.-]+)=(.+)$/s.exec(text);
  if (assigned && isSecret(assigned[1]!)) return `${assigned[1]}=${HIDDEN}`;
  return text.replace(/([a-z][a-z0-9+.-]*:\/\/[^\s/:@]*):[^\s/@]+@/gi, `$1:${HIDDEN}@`);
}
