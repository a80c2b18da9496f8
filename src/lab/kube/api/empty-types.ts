interface EmptyType {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly kind: string;
  readonly scope: 'cluster' | 'namespaced';
  readonly shortNames: readonly string[];
}

const types =
  (group: string, version: string, scope: EmptyType['scope']) =>
  (plural: string, kind: string, ...shortNames: readonly string[]): EmptyType => ({
    group,
    version,
    plural,
    kind,
    scope,
    shortNames,
  });

const core = types('', 'v1', 'namespaced');
const batch = types('batch', 'v1', 'namespaced');
const networking = types('networking.k8s.io', 'v1', 'namespaced');
const roles = types('rbac.authorization.k8s.io', 'v1', 'namespaced');
const clusterRoles = types('rbac.authorization.k8s.io', 'v1', 'cluster');
const storage = types('storage.k8s.io', 'v1', 'cluster');
const webhooks = types('admissionregistration.k8s.io', 'v1', 'cluster');

/** Every API server has them, and the lab none of their objects: lists are empty, writing is not allowed. */
export const EMPTY_TYPES: readonly EmptyType[] = [
  core('endpoints', 'Endpoints', 'ep'),
  core('limitranges', 'LimitRange', 'limits'),
  core('podtemplates', 'PodTemplate'),
  core('replicationcontrollers', 'ReplicationController', 'rc'),
  core('resourcequotas', 'ResourceQuota', 'quota'),
  types('apps', 'v1', 'namespaced')('controllerrevisions', 'ControllerRevision'),
  types('apiregistration.k8s.io', 'v1', 'cluster')('apiservices', 'APIService'),
  types('autoscaling', 'v2', 'namespaced')(
    'horizontalpodautoscalers',
    'HorizontalPodAutoscaler',
    'hpa',
  ),
  batch('cronjobs', 'CronJob', 'cj'),
  types('discovery.k8s.io', 'v1', 'namespaced')('endpointslices', 'EndpointSlice'),
  types('networking.k8s.io', 'v1', 'cluster')('ingressclasses', 'IngressClass'),
  networking('ingresses', 'Ingress', 'ing'),
  networking('networkpolicies', 'NetworkPolicy', 'netpol'),
  types('node.k8s.io', 'v1', 'cluster')('runtimeclasses', 'RuntimeClass'),
  roles('roles', 'Role'),
  roles('rolebindings', 'RoleBinding'),
  clusterRoles('clusterroles', 'ClusterRole'),
  clusterRoles('clusterrolebindings', 'ClusterRoleBinding'),
  types('scheduling.k8s.io', 'v1', 'cluster')('priorityclasses', 'PriorityClass', 'pc'),
  storage('csinodes', 'CSINode'),
  storage('volumeattachments', 'VolumeAttachment'),
  webhooks('mutatingwebhookconfigurations', 'MutatingWebhookConfiguration'),
  webhooks('validatingwebhookconfigurations', 'ValidatingWebhookConfiguration'),
];
