/** Names, as DNS has them: RFC 1123, section 2.1; a label is at most 63 characters of a–z, 0–9 and `-`. */
export const isDnsLabel = (text: string): boolean => /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(text);

export const DNS_LABEL =
  'a name of at most 63 characters of a–z, 0–9 and -, that begins and ends with a letter or digit';
