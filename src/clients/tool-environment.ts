import { basename } from 'node:path';

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * What a tool must not inherit: its own configuration would win over the flags that we show and journal, and a
 * proxy (an apt proxy on a Proxmox host) would take calls that are meant for the cluster's own network.
 */
const PROXY = /^(https?|all)_proxy$/i;
const DROPPED: Readonly<Record<string, RegExp>> = {
  talosctl: /^(TALOSCONFIG|TALOS_HOME)$/,
  kubectl: /^(KUBECONFIG|KUBECTL_.*|KUBERC|KUBECACHEDIR)$/,
  helm: /^(KUBECONFIG|HELM_KUBE.*)$/,
};

/** helm keeps the proxy: charts come from the internet. */
const KEEPS_PROXY: readonly string[] = ['helm'];

/** From kubectl 1.34 on `~/.kube/kuberc` may change flags of any command (kubernetes/kubectl: pkg/cmd/cmd.go). */
const ADDED: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  kubectl: { KUBERC: 'off', KUBECTL_KUBERC: 'false' },
};

/** Environment for one program; `added` wins over everything. */
export function environmentFor(
  program: string,
  inherited: Environment,
  added: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const name = basename(program);
  const dropped = DROPPED[name];
  const kept = Object.entries(inherited).filter(
    (entry): entry is [string, string] =>
      entry[1] !== undefined &&
      !dropped?.test(entry[0]) &&
      (dropped === undefined || KEEPS_PROXY.includes(name) || !PROXY.test(entry[0])),
  );
  return {
    ...Object.fromEntries(kept),
    LC_ALL: 'C',
    NO_COLOR: '1',
    ...ADDED[name],
    ...added,
  };
}
