import { memberOf } from '../../world/etcd.js';
import type { NodeView } from '../kinds/kind.js';
import { persistentConfig } from '../kinds/machine-config.js';
import { kernelCommandLine, kernelVersion } from '../logs/kernel.js';
import { loadAverage } from '../usage.js';
import { etcdDirectory } from './etcd-directory.js';
import { logDirectory } from './log-directory.js';
import { cpuSecondsText, memoryText, mountsText } from './proc.js';
import { bulk, type Directory, directory, type Entry, link, liveFile, textFile } from './tree.js';

const MIB = 1024 ** 2;

/** What `talosctl list`, `read`, `copy` and `usage` find on a node. */
export function rootOf(view: NodeView): Directory {
  const builtMs = Date.parse('2026-01-15T00:00:00Z');
  const bootedMs = view.node.bootedAtMs;
  return directory(builtMs, () => ({
    bin: link(builtMs, 'usr/bin'),
    boot: directory(builtMs),
    dev: directory(bootedMs),
    etc: directory(bootedMs, () => etc(view)),
    lib: link(builtMs, 'usr/lib'),
    opt: directory(builtMs, { cni: directory(builtMs, { bin: cniPlugins(builtMs) }) }),
    proc: directory(bootedMs, () => proc(view), 0o555),
    run: directory(bootedMs, {
      containerd: directory(bootedMs, {
        'containerd.sock': bulk(bootedMs, 0, 0o660),
      }),
    }),
    sbin: link(builtMs, 'usr/bin'),
    sys: directory(bootedMs, () => sys(view), 0o555),
    system: directory(bootedMs, () => system(view)),
    tmp: directory(bootedMs, {}, 0o1777),
    usr: directory(builtMs, () => usr(view, builtMs)),
    var: directory(bootedMs, () => variable(view)),
  }));
}

const cniPlugins = (atMs: number): Directory =>
  directory(
    atMs,
    Object.fromEntries(
      ['bridge', 'firewall', 'flannel', 'host-local', 'loopback', 'portmap'].map((name) => [
        name,
        bulk(atMs, 3 * MIB),
      ]),
    ),
  );

function etc({ world, node }: NodeView): Readonly<Record<string, Entry>> {
  const atMs = node.bootedAtMs;
  const osRelease = `NAME="Talos"\nID=talos\nVERSION_ID=${node.talosVersion}\nPRETTY_NAME="Talos (${node.talosVersion})"\nHOME_URL="https://www.talos.dev/"\nBUG_REPORT_URL="https://github.com/siderolabs/talos/issues"\nVENDOR_NAME="Sidero Labs"\nVENDOR_URL="https://www.siderolabs.com/"\n`;
  return {
    'ca-certificates': bulk(atMs, 213_000, 0o644),
    cri: directory(atMs, {
      'conf.d': directory(atMs, { 'cri.toml': bulk(atMs, 1400, 0o644) }),
      'containerd.toml': bulk(atMs, 310, 0o644),
    }),
    hosts: textFile(
      atMs,
      `127.0.0.1       localhost\n${node.address.padEnd(15)} ${node.hostname}\n::1             localhost ip6-localhost ip6-loopback\nff02::1         ip6-allnodes\nff02::2         ip6-allrouters\n`,
    ),
    kubernetes: directory(atMs, {
      'kubeconfig-kubelet': textFile(atMs, 'apiVersion: v1\nkind: Config\n', 0o600),
      'kubelet.yaml': textFile(
        atMs,
        'apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\nclusterDomain: cluster.local\nclusterDNS:\n    - 10.96.0.10\n',
        0o600,
      ),
      manifests: directory(atMs, {}, 0o700),
    }),
    'machine-id': textFile(atMs, `${node.smbiosUuid.replaceAll('-', '')}\n`),
    'os-release': textFile(atMs, osRelease),
    'resolv.conf': textFile(atMs, `nameserver 127.0.0.53\n\n`),
    ssl: directory(atMs, { certs: directory(atMs) }),
    hostname: textFile(atMs, `${node.hostname}\n`),
    'resolv.conf.upstream': textFile(atMs, `nameserver ${world.facts.gateway}\n`),
  };
}

function proc(view: NodeView): Readonly<Record<string, Entry>> {
  const { world, node } = view;
  const atMs = world.clock.now();
  const upSeconds = (): number => (world.clock.now() - node.bootedAtMs) / 1000;
  const one = (text: string): Entry => liveFile(atMs, () => `${text}\n`);
  return {
    cmdline: one(kernelCommandLine(node)),
    loadavg: liveFile(atMs, () => `${loadAverage(world, node).join(' ')} 2/812 51234\n`),
    meminfo: liveFile(atMs, () => memoryText(world, node)),
    mounts: liveFile(atMs, () => mountsText(view)),
    stat: liveFile(atMs, () => cpuSecondsText(world, node)),
    sys: directory(atMs, {
      kernel: directory(atMs, {
        hostname: one(node.hostname),
        osrelease: one(kernelVersion(node)),
        random: directory(atMs, { boot_id: one(node.bootId) }),
      }),
      net: directory(atMs, { ipv4: directory(atMs, { ip_forward: one('1') }) }),
    }),
    uptime: liveFile(atMs, () => `${upSeconds().toFixed(2)} ${(upSeconds() * 3.4).toFixed(2)}\n`),
    version: one(`Linux version ${kernelVersion(node)} (@buildkitsandbox) #1 SMP PREEMPT_DYNAMIC`),
  };
}

const sys = ({ node }: NodeView): Readonly<Record<string, Entry>> => {
  const atMs = node.bootedAtMs;
  const nic = directory(atMs, {
    address: liveFile(atMs, () => `${node.mac}\n`),
    operstate: liveFile(atMs, () => 'up\n'),
  });
  return {
    class: directory(atMs, { net: directory(atMs, { [node.machine.linkName]: nic }) }),
  };
};

function system(view: NodeView): Readonly<Record<string, Entry>> {
  const { node } = view;
  const atMs = node.bootedAtMs;
  const hasConfig = node.machine.systemDisk?.config != null;
  return {
    etc: directory(atMs),
    libexec: directory(atMs),
    run: directory(atMs),
    state: directory(
      atMs,
      (): Readonly<Record<string, Entry>> =>
        hasConfig
          ? {
              'config.yaml': textFile(atMs, persistentConfig(view), 0o600),
              'node-identity.yaml': textFile(atMs, `nodeId: ${node.identity}\n`, 0o600),
            }
          : {},
      0o700,
    ),
    var: directory(atMs),
  };
}

const usr = (view: NodeView, builtMs: number): Readonly<Record<string, Entry>> => ({
  bin: directory(builtMs, {
    containerd: bulk(builtMs, 41 * MIB),
    init: bulk(builtMs, 98 * MIB),
    runc: bulk(builtMs, 11 * MIB),
  }),
  lib: directory(builtMs, {
    modules: directory(builtMs, { [kernelVersion(view.node)]: directory(builtMs) }),
  }),
  local: directory(builtMs, { bin: directory(builtMs), lib: directory(builtMs) }),
  share: directory(builtMs),
});

function variable(view: NodeView): Readonly<Record<string, Entry>> {
  const { world, node } = view;
  if (node.machine.systemDisk?.ephemeralBytes == null) return {};
  const atMs = node.bootedAtMs;
  const member = memberOf(world, node.hostname);
  const etcd: Record<string, Entry> =
    node.role === 'controlplane' ? { etcd: etcdDirectory(world, node, member) } : {};
  return {
    etc: directory(atMs),
    lib: directory(atMs, () => ({
      cni: directory(atMs, { results: directory(atMs) }),
      containerd: directory(atMs, {
        'io.containerd.metadata.v1.bolt': directory(atMs, {
          'meta.db': bulk(atMs, 4 * MIB, 0o644),
        }),
      }),
      ...etcd,
      kubelet: directory(atMs, {
        pki: directory(atMs, {
          'kubelet-client-current.pem': bulk(atMs, 1100, 0o600),
          'kubelet.crt': bulk(atMs, 2300, 0o644),
        }),
        pods: directory(atMs),
      }),
    })),
    log: logDirectory(world, node),
    mnt: directory(atMs),
    run: directory(atMs),
  };
}
