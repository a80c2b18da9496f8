import type { YamlValue } from '../../../talos/go-yaml.js';
import type { SecretsBundle } from './secrets.js';

export type Role = 'controlplane' | 'worker';

/** What `gen config` was told. */
export interface ConfigWish {
  /** Of Talos: how the configuration is written. */
  readonly minor: number;
  readonly clusterName: string;
  readonly endpoint: string;
  /** Without the `v`. */
  readonly kubernetesVersion: string;
  readonly installDisk: string;
  readonly installImage: string;
  readonly additionalSans: readonly string[];
  readonly dnsDomain: string;
  readonly hasDiscovery: boolean;
  readonly hasKubeSpan: boolean;
  readonly mirrors: readonly (readonly [registry: string, url: string])[];
  readonly secrets: SecretsBundle;
}

export type YamlDocument = { readonly [key: string]: YamlValue | undefined };

/** A list that stays away when it is empty. */
export const unlessEmpty = <T>(list: readonly T[]): readonly T[] | undefined =>
  list.length === 0 ? undefined : list;

export const HOSTNAME = { apiVersion: 'v1alpha1', kind: 'HostnameConfig', auto: 'stable' };
export const KUBESPAN = { apiVersion: 'v1alpha1', kind: 'KubeSpanConfig', enabled: true };

export const mirrorDocuments = ({ mirrors }: ConfigWish): readonly YamlDocument[] =>
  mirrors.map(([name, url]) => ({
    apiVersion: 'v1alpha1',
    kind: 'RegistryMirrorConfig',
    name,
    endpoints: [{ url }],
  }));

/** Workers get certificates without their keys. */
export const authorityFor = (
  role: Role,
  { crt, key }: { readonly crt: string; readonly key: string },
) => ({ crt, key: role === 'worker' ? '' : key });

export const EXCLUDED = { 'node.kubernetes.io/exclude-from-external-load-balancers': '' };

export const POD_SUBNETS = ['10.244.0.0/16'];
export const SERVICE_SUBNETS = ['10.96.0.0/12'];

export const POD_SECURITY: YamlValue = {
  apiVersion: 'pod-security.admission.config.k8s.io/v1alpha1',
  defaults: {
    audit: 'restricted',
    'audit-version': 'latest',
    enforce: 'baseline',
    'enforce-version': 'latest',
    warn: 'restricted',
    'warn-version': 'latest',
  },
  exemptions: { namespaces: ['kube-system'], runtimeClasses: [], usernames: [] },
  kind: 'PodSecurityConfiguration',
};

export const AUDIT_POLICY: YamlValue = {
  apiVersion: 'audit.k8s.io/v1',
  kind: 'Policy',
  rules: [{ level: 'Metadata' }],
};
