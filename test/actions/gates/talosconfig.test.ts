import { describe, expect, test } from 'vitest';
import {
  directEndpoints,
  hostOf,
  roleGate,
  talosconfigGate,
} from '../../../src/actions/gates/talosconfig.js';
import { asIpAddress } from '../../../src/model/ids.js';
import type { ClusterIdentity } from '../../../src/model/snapshot.js';
import { aCluster, aSnapshot, NOW_MS } from '../../support/builders.js';

const HOUR_MS = 3_600_000;

const contextOf = (change: Partial<ClusterIdentity>) => ({
  snapshot: aSnapshot({ cluster: aCluster(change) }),
  nowMs: NOW_MS,
});

test('finds the host in every form of an endpoint', () => {
  expect(
    [
      '10.0.0.11',
      '10.0.0.11:50000',
      '[fd00::1]:50000',
      'fd00::1',
      'https://cp-1:6443',
      'cp-1',
      'FD00::A',
    ].map(hostOf),
  ).toEqual(['10.0.0.11', '10.0.0.11', 'fd00::1', 'fd00::1', 'cp-1', 'cp-1', 'FD00::A']);
  expect(hostOf('no host at all:x')).toBe('no host at all:x');
});

test('leaves the virtual address out, unless there is nothing else', () => {
  const vip = asIpAddress('10.0.0.20');
  expect(directEndpoints(contextOf({ vip, endpoints: ['10.0.0.20', '10.0.0.11:50000'] }))).toEqual([
    '10.0.0.11:50000',
  ]);
  expect(directEndpoints(contextOf({ vip, endpoints: ['10.0.0.20'] }))).toEqual(['10.0.0.20']);
});

describe('G-CFG', () => {
  const gate = (change: Partial<ClusterIdentity>, minimumMs = HOUR_MS) =>
    talosconfigGate(contextOf(change), minimumMs);

  test('is green with endpoints that do not depend on etcd', () => {
    expect(gate({})).toEqual({
      id: 'G-CFG',
      title: 'talosconfig is usable',
      state: 'green',
      text: 'endpoints 10.0.0.11, 10.0.0.12, 10.0.0.13',
      remedy: '',
      override: 'confirm',
    });
    expect(gate({ vip: null, endpoints: ['10.0.0.20'] }).state).toBe('green');
    expect(gate({ endpoints: ['10.0.0.20', '10.0.0.11'] }).state).toBe('green');
  });

  test('is red without endpoints, or with the virtual address alone', () => {
    expect(gate({ endpoints: [] })).toEqual({
      id: 'G-CFG',
      title: 'talosconfig is usable',
      state: 'red',
      text: 'the talosconfig has no endpoints',
      remedy: 'Run `talosctl config endpoint` with the addresses of the control planes.',
      override: 'no',
    });
    expect(gate({ endpoints: ['10.0.0.20'] })).toEqual({
      id: 'G-CFG',
      title: 'talosconfig is usable',
      state: 'red',
      text: 'the only endpoint 10.0.0.20 is the VIP, which needs etcd',
      remedy: 'Add the addresses of the control planes with `talosctl config endpoint`.',
      override: 'confirm',
    });
  });

  test('is red with a certificate that has ended or is about to', () => {
    expect(gate({ talosCertificateEndsAtMs: NOW_MS + HOUR_MS + 1 }).state).toBe('green');
    expect(gate({ talosCertificateEndsAtMs: NOW_MS + HOUR_MS })).toMatchObject({
      state: 'red',
      text: 'the client certificate of the talosconfig ends in 1 h',
      remedy: 'Get a new talosconfig with `talosctl config new`.',
      override: 'confirm',
    });
    expect(gate({ talosCertificateEndsAtMs: NOW_MS + 1 })).toMatchObject({ override: 'confirm' });
    expect(gate({ talosCertificateEndsAtMs: NOW_MS })).toMatchObject({
      state: 'red',
      text: 'the client certificate of the talosconfig has expired',
      override: 'no',
    });
  });
});

describe('G-ROLE', () => {
  test('wants one of the roles that suffice', () => {
    expect(roleGate(['os:reader', 'os:operator'], ['os:admin', 'os:operator'])).toEqual({
      id: 'G-ROLE',
      title: 'The client certificate may do it',
      state: 'green',
      text: 'your certificate has role os:reader, os:operator',
      remedy: 'Use a talosconfig with role os:admin or os:operator.',
      override: 'no',
    });
    expect(roleGate(['os:reader'], ['os:admin'])).toMatchObject({ state: 'red' });
    expect(roleGate([], ['os:admin'])).toMatchObject({
      state: 'red',
      text: 'your certificate has no role',
    });
  });

  test('leaves it to the node when the roles cannot be read', () => {
    expect(roleGate(null, ['os:admin'])).toBeNull();
  });
});
