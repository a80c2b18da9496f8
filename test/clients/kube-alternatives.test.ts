import { expect, test } from 'vitest';
import { kubeAlternatives } from '../../src/clients/kube-alternatives.js';
import { throughServer } from '../../src/clients/kubectl-server.js';

const access = { server: 'https://10.0.0.20:6443', caPem: 'pem', proxyUrl: null };
const othersOf = (server: string, hosts: readonly string[]) =>
  kubeAlternatives({ ...access, server }, () => hosts)?.others();

test('every control plane may stand in, on the port of the server', () => {
  expect(othersOf(access.server, ['10.0.0.11', '10.0.0.12', '10.0.0.11', 'fd00::13'])).toEqual([
    'https://10.0.0.11:6443',
    'https://10.0.0.12:6443',
    'https://[fd00::13]:6443',
  ]);
});

test('the server itself and what is no address are no alternatives', () => {
  expect(othersOf(access.server, ['10.0.0.20', 'https://omni.example.org', ''])).toEqual([]);
});

test('behind a balancer on another port the usual one is tried too', () => {
  expect(othersOf('https://k8s.example.org', ['10.0.0.11'])).toEqual(['https://10.0.0.11:6443']);
  expect(othersOf('https://k8s.example.org:8443', ['10.0.0.11'])).toEqual([
    'https://10.0.0.11:8443',
    'https://10.0.0.11:6443',
  ]);
});

test('nobody stands in where the server is reached through something else or proves nothing', () => {
  const hosts = () => ['10.0.0.11'];
  expect(kubeAlternatives({ ...access, caPem: null }, hosts)).toBeNull();
  expect(kubeAlternatives({ ...access, proxyUrl: 'socks5://localhost' }, hosts)).toBeNull();
  expect(
    kubeAlternatives({ ...access, server: 'https://rancher.example.org/k8s/clusters/c-1' }, hosts),
  ).toBeNull();
});

test('kubectl goes where the API answers, unless the command says where', () => {
  const server = 'https://10.0.0.12:6443';
  expect(throughServer(['/opt/kubectl', '--context', 'x', 'get', 'nodes'], server)).toEqual([
    '/opt/kubectl',
    ...['--server', server],
    ...['--context', 'x', 'get', 'nodes'],
  ]);
  for (const argv of [
    ['kubectl', 'get', 'nodes', '--server=https://10.0.0.9:6443'],
    ['kubectl', '-s', 'https://10.0.0.9:6443', 'get', 'nodes'],
    ['talosctl', 'version'],
  ] as const) {
    expect(throughServer(argv, server)).toBe(argv);
  }
  const plain = ['kubectl', 'get', 'nodes'] as const;
  expect(throughServer(plain, null)).toBe(plain);
});
