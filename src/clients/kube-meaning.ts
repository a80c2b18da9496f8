import { type Meaning, type Meanings, meaningOf } from './meaning.js';

/**
 * Texts of kubectl and of the Go client behind its proxy, measured with kubectl 1.27 to 1.33; the certificate
 * time text is Go's.
 */
const KUBE_MEANINGS: Meanings = [
  [/localhost:8080/, 'configuration', 'Point to a kubeconfig: kubectl loaded none.'],
  [
    /context was not found|context "[^"]*" does not exist/,
    'configuration',
    'Choose a context that is in the kubeconfig.',
  ],
  [
    /error loading config file|unable to read client-cert|failed to find any PEM data|stat .*no such file/,
    'configuration',
    'Correct the kubeconfig or fetch a new one with `talosctl kubeconfig`.',
  ],
  [
    /connection refused|was refused/,
    'unreachable',
    'Check whether kube-apiserver runs on the node that the kubeconfig points to.',
  ],
  [
    /no route to host|network is unreachable/,
    'unreachable',
    'Check whether a node holds the virtual address and whether its VM runs.',
  ],
  [
    /TLS handshake timeout/,
    'timeout',
    'Wait until kube-apiserver is up: its port is open, but it does not answer.',
  ],
  [
    /i\/o timeout|context deadline exceeded|Client\.Timeout exceeded|request canceled while waiting/,
    'timeout',
    'Check firewall and network to the Kubernetes API.',
  ],
  [/no such host|server misbehaving/, 'unreachable', 'Check the server name in the kubeconfig.'],
  [
    /server gave HTTP response to HTTPS client/,
    'untrusted',
    'Check the port of the server in the kubeconfig.',
  ],
  [
    /certificate signed by unknown authority|failed to verify certificate: x509: certificate signed/,
    'untrusted',
    'Fetch a new kubeconfig with `talosctl kubeconfig`: this one belongs to another cluster.',
  ],
  [
    /certificate is valid for|doesn't contain any IP SANs/,
    'untrusted',
    'Add the address to cluster.apiServer.certSANs or use one that is in the certificate.',
  ],
  [
    /certificate has expired or is not yet valid|expired certificate|bad certificate/,
    'unauthenticated',
    'Fetch a new kubeconfig with `talosctl kubeconfig`, and compare the clocks.',
  ],
  [
    /must be logged in|Unauthorized|getting credentials|exec plugin/,
    'unauthenticated',
    'Fetch a new kubeconfig with `talosctl kubeconfig`, or log in again.',
  ],
  [
    /\(Forbidden\)|is forbidden/,
    'forbidden',
    'Ask a cluster admin for the right that the message names.',
  ],
  [/\(NotFound\)|not found/, 'not-found', 'Check whether the object still exists.'],
  [
    /doesn't have a resource type/,
    'unsupported',
    'Install the component that brings this resource type.',
  ],
  [/\(Conflict\)|has been modified/, 'conflict', 'Try again: the object was changed meanwhile.'],
  [/etcdserver: /, 'rejected', 'Look at the etcd screen: the API server cannot write to etcd.'],
  [
    /\(ServiceUnavailable\)|currently unable to handle/,
    'rejected',
    'Wait until kube-apiserver has started.',
  ],
  [
    /\bEOF\b|connection reset|broken pipe|server closed/,
    'unreachable',
    'Wait a moment: this is normal while kube-apiserver restarts.',
  ],
];

export const kubeMeaning = (text: string): Meaning | null => meaningOf(KUBE_MEANINGS, text);
