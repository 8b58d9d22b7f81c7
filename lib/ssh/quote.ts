/** One word of a POSIX shell, whatever is in it. */
export const quote = (word: string): string =>
  /^[A-Za-z0-9_@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;

/** `command` as root: as it stands where `user` is root already, by `sudo -n` where not. */
export const asRoot = (command: string, user: string): string =>
  user === 'root' ? command : `sudo -n -- sh -c ${quote(command)}`;
