import { expect, test } from 'vitest';
import { kubeMeaning } from '../../src/clients/kube-meaning.js';
import { talosMeaning } from '../../src/clients/talos-meaning.js';
import { hintFor, usefulStderr } from '../../src/clients/tool-messages.js';

/** As grpc-js 1.14 on Node 24 and Go's clients say it. */
const talosTexts: readonly [string, string][] = [
  [
    'No connection established. Last error: Error: 00A8:error:0A000418:SSL routines:ssl3_read_bytes:tlsv1 alert unknown ca:../deps/openssl/ssl/record/rec_layer_s3.c:916:SSL alert number 48',
    'unauthenticated',
  ],
  [
    'No connection established. Last error: error:0A00045C:SSL routines:ssl3_read_bytes:tlsv13 alert certificate required:SSL alert number 116',
    'unauthenticated',
  ],
  ['remote error: tls: bad certificate', 'unauthenticated'],
  ['remote error: tls: expired certificate', 'unauthenticated'],
  ['x509: certificate has expired or is not yet valid: current time …', 'unauthenticated'],
  [
    'connection error: desc = "transport: authentication handshake failed: tls: failed to verify certificate: x509: certificate signed by unknown authority"',
    'untrusted',
  ],
  ['x509: certificate is valid for 10.0.0.11, not 10.0.0.20', 'untrusted'],
  ["Hostname/IP does not match certificate's altnames", 'untrusted'],
  [
    'No connection established. Last error: self-signed certificate in certificate chain',
    'untrusted',
  ],
  [
    'connection error: desc = "transport: Error while dialing: dial tcp 10.0.0.13:50000: connect: no route to host"',
    'unreachable',
  ],
  ['error reading from server: EOF', 'unreachable'],
  ['Name resolution failed for target dns:cp.example.org:50000', 'unreachable'],
  ['member list is only available on control plane nodes', 'unsupported'],
  ['API is not implemented in maintenance mode', 'unsupported'],
  ['context deadline exceeded', 'timeout'],
  ['invalid target "10.0.0.11:50000"', 'rejected'],
];

test.each(talosTexts)('Talos: %s', (text, kind) => {
  expect(talosMeaning(text)?.kind).toBe(kind);
});

/** Measured with kubectl 1.29 to 1.33. */
const kubeTexts: readonly [string, string][] = [
  [
    'The connection to the server 10.0.0.20:6443 was refused - did you specify the right host or port?',
    'unreachable',
  ],
  [
    'The connection to the server localhost:8080 was refused - did you specify the right host or port?',
    'configuration',
  ],
  [
    'Unable to connect to the server: dial tcp 10.0.0.20:6443: connect: no route to host',
    'unreachable',
  ],
  ['Unable to connect to the server: net/http: TLS handshake timeout', 'timeout'],
  ['dial tcp: lookup kube.example.org on 10.0.0.1:53: no such host', 'unreachable'],
  ['http: server gave HTTP response to HTTPS client', 'untrusted'],
  [
    'Unable to connect to the server: tls: failed to verify certificate: x509: certificate signed by unknown authority',
    'untrusted',
  ],
  ['x509: certificate is valid for 10.0.0.11, not 10.0.0.20', 'untrusted'],
  ['error: You must be logged in to the server (Unauthorized)', 'unauthenticated'],
  [
    'Error from server (Forbidden): nodes "x" is forbidden: User "u" cannot get resource "nodes" in API group "" at the cluster scope',
    'forbidden',
  ],
  ['Error from server (NotFound): nodes "x" not found', 'not-found'],
  ['Error from server (InternalError): etcdserver: leader changed', 'rejected'],
  ['Error in configuration: context was not found for specified context: x', 'configuration'],
  ['error: stat /nowhere: no such file or directory', 'configuration'],
  ['Unable to connect to the server: EOF', 'unreachable'],
];

test.each(kubeTexts)('kubectl: %s', (text, kind) => {
  expect(kubeMeaning(text)?.kind).toBe(kind);
});

test('shows the reason of a failed command, not its noise', () => {
  const stderr = [
    'E1120 10:00:00.000000    4711 memcache.go:265] "Unhandled Error" err="couldn\'t get current server API group list"',
    'Warning: version difference between client (1.37) and server (1.35) exceeds the supported minor version skew of +/-1',
    'The connection to the server 10.0.0.20:6443 was refused - did you specify the right host or port?',
    '',
  ].join('\n');

  expect(usefulStderr(stderr)).toBe(
    'The connection to the server 10.0.0.20:6443 was refused - did you specify the right host or port?',
  );
});

test('drops the usage text that talosctl appends', () => {
  expect(usefulStderr('unknown flag: --nodez\n\nUsage:\n  talosctl get [flags]\n')).toBe(
    'unknown flag: --nodez',
  );
});

test('a failure that consists of a warning still shows it', () => {
  expect(usefulStderr('WARNING: 1 error occurred\n')).toBe('WARNING: 1 error occurred');
});

test('a failed command names the next step, whatever its path', () => {
  expect(
    hintFor('/usr/local/bin/talosctl', 'rpc error: code = PermissionDenied desc = not authorized'),
  ).toContain('role');
  expect(hintFor('kubectl', 'something new')).toBe('Run the same command by hand to see more.');
});
