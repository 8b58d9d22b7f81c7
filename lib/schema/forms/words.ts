/**
 * Splits a command as a POSIX shell splits words: blanks separate, quotes and backslashes keep together. Nothing is
 * expanded.
 *
 * @returns the words, or the offset of a quote that is never closed
 */
export function splitWords(text: string): { words: string[] } | { offset: number } {
  const words: string[] = [];
  let word: string | undefined;
  for (let i = 0; i < text.length; i++) {
    const char = text[i]!;
    if (/\s/.test(char)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (char === "'") {
      const end = text.indexOf("'", i + 1);
      if (end < 0) return { offset: i };
      word = (word ?? '') + text.slice(i + 1, end);
      i = end;
    } else if (char === '"') {
      // Within double quotes a backslash quotes only itself and what would end or expand.
      const quoted = /^"((?:[^"\\]|\\[\s\S])*)"/.exec(text.slice(i));
      if (!quoted) return { offset: i };
      word = (word ?? '') + quoted[1]!.replace(/\\([\\"$`])/g, '$1');
      i += quoted[0].length - 1;
    } else if (char === '\\' && i + 1 < text.length) word = (word ?? '') + text[++i];
    else word = (word ?? '') + char;
  }
  if (word !== undefined) words.push(word);
  return { words };
}
