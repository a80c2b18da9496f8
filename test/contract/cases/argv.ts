/** talos.md §10: explicit configuration, endpoints and node, always. */
export const talosctl = (node: string, ...words: readonly string[]): readonly string[] => [
  ...words,
  ...['--talosconfig', '{talosconfig}', '--context', '{cluster}'],
  ...['-e', '{endpoints}', '-n', node],
];

/** As runs order: everything that says where, then the command. */
export const talosctlFirst = (node: string, ...words: readonly string[]): readonly string[] => [
  ...['--talosconfig', '{talosconfig}', '--context', '{cluster}'],
  ...['--endpoints', '{endpoints}', '--nodes', node],
  ...words,
];

/** kubernetes.md §1. */
export const kubectl = (...words: readonly string[]): readonly string[] => [
  ...['--kubeconfig', '{kubeconfig}', '--context', '{context}'],
  ...words,
];

export const helm = (...words: readonly string[]): readonly string[] => [
  ...words,
  ...['--kubeconfig', '{kubeconfig}', '--kube-context', '{context}'],
];

/** As runs order: each request has its limit. */
export const kubectlLimited = (...words: readonly string[]): readonly string[] =>
  kubectl('--request-timeout=15s', ...words);
