/**
 * Asks the kernel to end the command with its parent, however that ends (PR_SET_PDEATHSIG, which an exec keeps), and
 * begins it only while that parent still lives: it may have died before the kernel was asked. Where setpriv of
 * util-linux is not there, or cannot do this, the command begins all the same.
 */
const SCRIPT = `parent=$1
shift
setpriv --pdeathsig KILL true 2>/dev/null || exec "$@"
exec setpriv --pdeathsig KILL sh -c '[ "$PPID" = "$1" ] || exit 1
shift
exec "$@"' "$0" "$parent" "$@"`;

/** What the shell calls itself when it has something to say. */
const NAME = 'talos-tui';

/** For a child that serves us alone: nobody is left to end it after a kill -9 of ours. It keeps its own pid. */
export const tiedToUs = (argv: readonly [string, ...string[]]): readonly [string, ...string[]] => [
  '/bin/sh',
  ...['-c', SCRIPT, NAME, String(process.pid)],
  ...argv,
];

/** Why the shell could not begin the command (POSIX: 127 not found, 126 not to be executed); null when it did. */
export function notBegun(exitCode: number | null, stderr: string): 'missing' | 'unusable' | null {
  const isShellSpeaking = new RegExp(`^${NAME}:.*\\bexec: `, 'm').test(stderr);
  if (!isShellSpeaking) return null;
  if (exitCode === 127) return 'missing';
  return exitCode === 126 ? 'unusable' : null;
}
