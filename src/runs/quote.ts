/** A command as one would type it in a POSIX shell. */
export const quoteArgv = (argv: readonly string[]): string => argv.map(quote).join(' ');

const quote = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
