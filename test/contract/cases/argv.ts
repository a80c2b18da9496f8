/** talos.md §10: explicit configuration, endpoints and node, always. */
export const talosctl = (node: string, ...words: readonly string[]): readonly string[] => [
  ...words,
  ...['--talosconfig', '{talosconfig}', '--context', '{cluster}'],
  ...['-e', '{endpoints}', '-n', node],
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
