/** A command as one would type it in a POSIX shell. */
export const quoteArgv = (argv: readonly string[]): string => argv.map(quoteWord).join(' ');

/** A word as a POSIX shell takes it. */
export const quoteWord = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
