/** Flags that take a value; every other one stands alone. */
const VALUE_FLAGS = [
  ...['kubeconfig', 'kube-context', 'kube-apiserver', 'namespace', 'n'],
  ...['output', 'o', 'max', 'filter', 'revision'],
  ...['set', 'set-string', 'values', 'f', 'version', 'timeout', 'description', 'history-max'],
];

/** Several of these add up. */
const LISTS: Readonly<Record<string, string>> = { set: ',', 'set-string': ',', values: '\n' };

const SHORT: Readonly<Record<string, string>> = {
  A: 'all-namespaces',
  a: 'all',
  f: 'values',
  i: 'install',
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
  const put = (name: string, value: string): void => {
    const separator = LISTS[name];
    const old = separator === undefined ? undefined : flags.get(name);
    flags.set(name, old === undefined ? value : `${old}${separator}${value}`);
  };
  for (let index = 0; index < argv.length; index += 1) {
    const argument = argv[index] ?? '';
    if (!argument.startsWith('-') || argument === '-') {
      words.push(argument);
      continue;
    }
    const [, name = '', value] = /^--?([^=]*)(?:=(.*))?$/s.exec(argument) ?? [];
    const long = argument.startsWith('--') ? name : (SHORT[name] ?? name);
    if (value !== undefined) {
      put(long, value);
    } else if (VALUE_FLAGS.includes(name)) {
      index += 1;
      put(long, argv[index] ?? '');
    } else {
      put(long, 'true');
    }
  }
  return { words, flags };
}
