/** Flags that take a value; every other one stands alone. */
const VALUE_FLAGS = [
  ...['kubeconfig', 'kube-context', 'kube-apiserver', 'namespace', 'n'],
  ...['output', 'o', 'max', 'filter', 'revision'],
];

const SHORT: Readonly<Record<string, string>> = {
  A: 'all-namespaces',
  a: 'all',
  n: 'namespace',
  o: 'output',
};

export interface CommandLine {
  readonly words: readonly string[];
  readonly flags: ReadonlyMap<string, string>;
}

export function parseArguments(argv: readonly string[]): CommandLine {
  const flags = new Map<string, string>();
  const words: string[] = [];
  for (let index = 0; index < argv.length; index += 1) {
    const argument = argv[index] ?? '';
    if (!argument.startsWith('-')) {
      words.push(argument);
      continue;
    }
    const [name = '', value] = argument.replace(/^--?/, '').split('=', 2);
    const long = argument.startsWith('--') ? name : (SHORT[name] ?? name);
    if (value !== undefined) {
      flags.set(long, value);
    } else if (VALUE_FLAGS.includes(name)) {
      index += 1;
      flags.set(long, argv[index] ?? '');
    } else {
      flags.set(long, 'true');
    }
  }
  return { words, flags };
}
