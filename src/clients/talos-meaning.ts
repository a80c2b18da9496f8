import { type Meaning, type Meanings, meaningOf } from './meaning.js';

/**
 * Texts of Talos, its gRPC library and OpenSSL. UNAVAILABLE is both "host down" and "wrong CA": only the text
 * tells them apart. Sources: talos@1.9 … main, grpc-js 1.14, Node 24.
 */
const TALOS_MEANINGS: Meanings = [
  [
    /alert certificate expired|expired certificate|certificate has expired|CERT_HAS_EXPIRED/i,
    'unauthenticated',
    'Renew the talosconfig if its certificate is over, else compare the clocks of node and this machine.',
  ],
  [
    /not yet valid|CERT_NOT_YET_VALID/i,
    'unauthenticated',
    'Compare the clocks of the node and of this machine.',
  ],
  [
    /alert certificate required|certificate required|alert bad certificate|bad certificate|alert unknown ca|unknown certificate authority|unsupported certificate/i,
    'unauthenticated',
    'Use the talosconfig of this cluster: the node does not accept this client certificate.',
  ],
  [
    /certificate signed by unknown authority|unable to (verify|get)|self.signed certificate|SELF_SIGNED|UNABLE_TO_|certificate signature failure/i,
    'untrusted',
    'Check whether the node is in maintenance mode, was rebuilt with new secrets, or belongs to another cluster.',
  ],
  [
    /does not match certificate|certificate is valid for|ALTNAME_INVALID|altnames/i,
    'untrusted',
    'Add the address to machine.certSANs or use an address that is in the certificate.',
  ],
  [
    /authentication handshake failed|wrong version number|packet length too long/i,
    'untrusted',
    'Check that the Talos API listens on this port and belongs to this cluster.',
  ],
  [
    /no request forwarding/,
    'forbidden',
    'Use control plane nodes as endpoints in the talosconfig.',
  ],
  [
    /not authorized/,
    'forbidden',
    'Use a talosconfig with a stronger role (os:admin, os:operator or os:reader).',
  ],
  [/invalid target/, 'rejected', 'Name the node by its address without a port.'],
  [
    /not (implemented|supported) in maintenance mode|in agent mode/,
    'unsupported',
    'Apply a machine configuration first: the node is in maintenance mode.',
  ],
  [
    /only available on control plane nodes/,
    'unsupported',
    'Ask a control plane node: this one is a worker.',
  ],
  [
    /unknown service|unknown method|does not implement the method|is not registered/,
    'unsupported',
    'Upgrade the node: its Talos version has no such call.',
  ],
  [
    /etcdserver: no leader|etcdserver: request timed out/,
    'rejected',
    'Bring etcd back to quorum: see the etcd screen.',
  ],
  [/database space exceeded/, 'rejected', 'Defragment etcd and disarm the NOSPACE alarm.'],
  [
    /another (apply configuration|installation\/upgrade) is already in progress|failed to acquire upgrade mutex|node is rebooting/,
    'conflict',
    'Wait until the running change on the node is done.',
  ],
  [
    /failed to determine endpoints/,
    'configuration',
    'Set endpoints in the talosconfig: `talosctl config endpoint <control plane addresses>`.',
  ],
  [
    /talos config file is empty|no context is set|context "[^"]*" not found in config|failed to resolve config context/,
    'configuration',
    'Point to a talosconfig that has this context.',
  ],
  [/no such file or directory/, 'not-found', 'Check the path: there is no such file.'],
  [/sha256 checksum not found/, 'malformed', 'Take the snapshot again: it was cut short.'],
  [
    /no space left on device|disk quota exceeded/i,
    'disk',
    'Free space where the file is written, or choose another directory.',
  ],
  [
    /connection refused|ECONNREFUSED/,
    'unreachable',
    'Check whether the node is booting or halted.',
  ],
  [
    /no route to host|i\/o timeout|EHOSTUNREACH|ENETUNREACH|network is unreachable|host is down/,
    'unreachable',
    'Check in Proxmox whether the VM runs, and the network between.',
  ],
  [
    /ENOTFOUND|EAI_AGAIN|no such host|Name resolution failed/,
    'unreachable',
    'Check the name of the endpoint in the talosconfig and DNS on this machine.',
  ],
  [
    /error reading from server|connection reset|ECONNRESET|transport is closing|file already closed|Connection dropped|socket hang up|GOAWAY|RST_STREAM/,
    'unreachable',
    'Wait a moment: this is normal while a node reboots.',
  ],
  [
    /deadline exceeded|DeadlineExceeded/i,
    'timeout',
    'Check whether the node hangs or the network loses packets.',
  ],
];

export const talosMeaning = (text: string): Meaning | null => meaningOf(TALOS_MEANINGS, text);
