/** What an operator would conclude from stderr: kubernetes.md §1, talos.md §6. The first that fits counts. */
const CLASSES: readonly (readonly [string, RegExp])[] = [
  ['usage', /unknown (?:shorthand )?flag|flag needs an argument|arg\(s\)|unknown command/],
  ['refused', /was refused - did you specify|connect: connection refused/],
  ['no route', /connect: no route to host|network is unreachable/],
  ['timeout', /i\/o timeout|context deadline exceeded|Client\.Timeout exceeded/],
  ['unknown authority', /x509: certificate signed by unknown authority/],
  ['expired certificate', /expired certificate|certificate has expired/],
  [
    'unauthorized',
    /must be logged in to the server|Unauthorized|asked for the client to provide credentials/,
  ],
  ['forbidden', /\(Forbidden\)|PermissionDenied/],
  ['no such type', /doesn't have a resource type|is not registered\b(?! on any nodes)/],
  ['not found', /\(NotFound\)|code = NotFound/],
  ['conflict', /\(Conflict\)/],
  ['exists already', /\(AlreadyExists\)|code = AlreadyExists/],
  ['disruption budget', /disruption budget/],
  ['not drained', /unable to drain node/],
  ['time is over', /timed out waiting for/],
  ['unimplemented', /code = Unimplemented/],
  ['unavailable', /code = Unavailable|\(ServiceUnavailable\)/],
  ['cluster unreachable', /[Kk]ubernetes cluster unreachable/],
  ['unknown format', /unable to match a printer/],
  ['not for several nodes', /not supported with multiple nodes|requires exactly one node/],
  ['no endpoints', /failed to determine endpoints/],
  ['no leader', /etcdserver: no leader/],
  ['wrong target', /invalid target/],
  ['no nodes', /nodes are not set/],
  ['no context', /context "[^"]*" (?:not found|does not exist)|context was not found/],
];

const NOISE = /^(?:Warning: |WARNING: |Flag --|level=\w+ msg=|[EWI]\d{4} \d\d:\d\d:\d\d)/;

/** kubernetes.md §1, talos.md §0: what a program says besides its message. */
export function usefulLines(stderr: string): readonly string[] {
  return withoutUsage(stderr)
    .split('\n')
    .filter((line) => line.trim() !== '' && !NOISE.test(line));
}

/** The message ends with an empty line when the usage text follows. */
function withoutUsage(stderr: string): string {
  const usage = stderr.search(/^Usage:/m);
  if (usage === -1) return stderr;
  const end = stderr.indexOf('\n\n');
  return stderr.slice(0, end === -1 ? usage : Math.min(end, usage));
}

export function stderrClass(stderr: string): string {
  const lines = usefulLines(stderr);
  if (lines.length === 0) return 'silent';
  const text = lines.join('\n');
  const known = CLASSES.find(([, pattern]) => pattern.test(text));
  return known?.[0] ?? `other: ${text}`;
}
