/** What stands where a secret was. */
const HIDDEN = '<hidden>';

/** Names whose value is a secret, wherever they end so: `DB_PASSWORD`, `apiKey`; not `privateKeyFile`. */
const SECRET =
  /(^|[^a-z])(pass|passwd|password|passphrase|pwd|requirepass|masterauth|secret|token|credentials?|sealed|auth|(api|access|private|secret|encryption)[-_.]?keys?)$/i;
/** The same words within camelCase: `adminPassword`, `clientSecret`. */
const SECRET_CAMEL =
  /[a-z](Pass|Passwd|Password|Passphrase|Pwd|Secret|Token|Credentials?|(Api|Access|Private|Secret)Key)$/;

const isSecret = (name: string): boolean => SECRET.test(name) || SECRET_CAMEL.test(name);

/**
 * A copy of a value that people may see. Hidden is what looks like a secret: by the name of its field or variable, by the
 * flag before it, or by its place in a URL. A secret that nothing gives away, such as after `-p`, is shown.
 */
export function mask(value: unknown, name = ''): unknown {
  if (typeof value === 'string') return isSecret(name) ? HIDDEN : maskText(value);
  if (Array.isArray(value)) return value.map((item, i) => (isValueOf(value[i - 1], item) ? HIDDEN : mask(item, name)));
  if (typeof value !== 'object' || value === null) return value !== null && isSecret(name) ? HIDDEN : value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, mask(item, key)]));
}

/** Whether a word of a command is what the flag before it says: `--password`, `hunter2`. */
const isValueOf = (flag: unknown, word: unknown): boolean =>
  typeof flag === 'string' && isSecretFlag(flag) && !(typeof word === 'string' && word.startsWith('--'));

/** `--password`, `-token`; and what the configuration of Redis writes without dashes. */
const isSecretFlag = (word: string): boolean => /^(-{1,2}[\w.-]+|requirepass|masterauth)$/.test(word) && isSecret(word);

/** `PASSWORD=…` as a list of variables has it, what flags and variables within a command say, and the password of `redis://user:…@host`. */
function maskText(text: string): string {
  const assigned = /^(-{0,2}[\w.-]+)=(.+)$/s.exec(text);
  if (assigned && isSecret(assigned[1]!)) return `${assigned[1]}=${HIDDEN}`;
  return maskWords(text).replace(/([a-z][a-z0-9+.-]*:\/\/[^\s/:@]*):[^\s/@]+@/gi, `$1:${HIDDEN}@`);
}

/** A flag or variable, and what is between it and its value. */
const NAME = /(?<![\w.-])(-{0,2}[a-z_][\w.-]*)(\s*=\s*|\s+)/gi;
/** A word as a shell reads it, from where it begins. */
const WORD = /(?:\\.|"(?:\\.|[^"\\])*"|'[^']*'|[^\s"'\\])+/sy;

function maskWords(text: string): string {
  let shown = '';
  let at = 0;
  for (const { index, 0: whole, 1: name = '', 2: between = '' } of text.matchAll(NAME)) {
    if (index < at) continue;
    WORD.lastIndex = index + whole.length;
    const isNamed = between.includes('=') ? isSecret(name) : isSecretFlag(name);
    const [value] = (isNamed && WORD.exec(text)) || [];
    if (value === undefined || (!between.includes('=') && value.startsWith('--'))) continue;
    shown += `${text.slice(at, index)}${whole}${HIDDEN}`;
    at = index + whole.length + value.length;
  }
  return shown + text.slice(at);
}
