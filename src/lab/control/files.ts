import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import { packageRoot } from '../../model/package-root.js';
import { controlPlanes } from '../world/node.js';
import { ROOT_USER } from '../world/pve-access.js';
import type { KeyPair, LabHandle } from '../world/types.js';

const STAND_INS = ['talosctl', 'kubectl', 'helm'] as const;
const HOUR_MS = 3_600_000;

const base64 = (text: string): string => Buffer.from(text).toString('base64');

/** Owner only, whatever the umask and whoever made an older file. */
function writePrivate(path: string, text: string, mode = 0o600): void {
  writeFileSync(path, text, { mode });
  chmodSync(path, mode);
}

const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/** Everything that a client needs to find the lab: DESIGN §7. */
export function writeLabFiles(
  lab: LabHandle,
  options: { readonly realTools: boolean; readonly isEmpty?: boolean },
): void {
  const { dir, world, pki } = lab;
  if (options.isEmpty !== true) {
    writeTalosconfig(lab, false);
    writeKubeconfig(lab, false);
  }
  writePrivate(join(dir, 'pve-token'), `${lab.pveToken}\n`);
  writePrivate(join(dir, 'pve-root-password'), `${world.pveAccess.users.get(ROOT_USER) ?? ''}\n`);
  writePrivate(join(dir, 'pve-ca.pem'), pki.pveCaPem);
  const pve = {
    url: `https://${world.facts.pveAddress}:${lab.ports.pve}`,
    tokenFile: join(dir, 'pve-token'),
    caFile: join(dir, 'pve-ca.pem'),
  };
  writePrivate(join(dir, 'pve.json'), `${JSON.stringify(pve, null, 2)}\n`);
  if (!options.realTools) writeLaunchers(dir, world.facts.talosVersion);
  writePrivate(join(dir, 'env.sh'), environmentScript(lab, options.realTools));
}

/** An expired one has a certificate that ended an hour ago, an aimless one names no endpoint and no node. */
export function writeTalosconfig(lab: LabHandle, isExpired: boolean, isAimless = false): void {
  const { world, pki, dir } = lab;
  const { certPem, keyPem } = isExpired
    ? pki.talosClient('os:admin', endedAnHourAgo(world.clock.now()))
    : pki.talosAdmin();
  const endpoints = isAimless ? [] : controlPlanes(world).map(({ address }) => address);
  const context = {
    endpoints,
    nodes: endpoints.slice(0, 1),
    ca: base64(pki.talosCaPem),
    crt: base64(certPem),
    key: base64(keyPem),
  };
  const { clusterName } = world.facts;
  const config = { context: clusterName, contexts: { [clusterName]: context } };
  writePrivate(join(dir, 'talosconfig'), stringify(config));
}

export function writeKubeconfig(lab: LabHandle, isExpired: boolean): void {
  const { world, pki, dir } = lab;
  const user: KeyPair = pki.kubeAdmin(isExpired ? endedAnHourAgo(world.clock.now()) : undefined);
  const { clusterName, vip } = world.facts;
  const name = `admin@${clusterName}`;
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      {
        name: clusterName,
        cluster: {
          server: `https://${vip}:${lab.ports.kube}`,
          'certificate-authority-data': base64(pki.kubeCaPem),
        },
      },
    ],
    users: [
      {
        name,
        user: {
          'client-certificate-data': base64(user.certPem),
          'client-key-data': base64(user.keyPem),
        },
      },
    ],
    contexts: [{ name, context: { cluster: clusterName, namespace: 'default', user: name } }],
    'current-context': name,
  };
  writePrivate(join(dir, 'kubeconfig'), stringify(config));
}

const endedAnHourAgo = (nowMs: number) => ({
  fromMs: nowMs - 366 * 24 * HOUR_MS,
  toMs: nowMs - HOUR_MS,
});

/** talosctl stands for the client of the lab's own Talos: it is told the version. */
function writeLaunchers(dir: string, talosVersion: string): void {
  const bin = join(dir, 'bin');
  mkdirSync(bin, { recursive: true, mode: 0o700 });
  const programs = standInFolder();
  for (const name of STAND_INS) {
    const told = name === 'talosctl' ? `export TALOS_TUI_LAB_TALOS=${talosVersion}\n` : '';
    const script = `#!/bin/sh\n${told}exec ${quote(process.execPath)} ${quote(join(programs, `${name}.js`))} "$@"\n`;
    writePrivate(join(bin, name), script, 0o700);
  }
}

/** Next to the running bundle (also when it was built elsewhere), else in the package. */
function standInFolder(): string {
  const here = dirname(fileURLToPath(import.meta.url));
  const folders = [here, dirname(here), join(packageRoot(), 'dist')].map((folder) =>
    join(folder, 'stand-ins'),
  );
  const built = folders.find((folder) => existsSync(join(folder, 'talosctl.js')));
  return built ?? join(packageRoot(), 'dist', 'stand-ins');
}

function environmentScript(lab: LabHandle, realTools: boolean): string {
  const { dir, world, ports } = lab;
  const lines = [
    `export TALOSCONFIG=${quote(join(dir, 'talosconfig'))}`,
    `export KUBECONFIG=${quote(join(dir, 'kubeconfig'))}`,
    `export TALOS_TUI_PVE=${quote(join(dir, 'pve.json'))}`,
    `export TALOS_TUI_FACTORY_URL=${quote(`http://${world.facts.factoryAddress}:${ports.factory}`)}`,
    ...(realTools ? [] : [`export PATH=${quote(join(dir, 'bin'))}:"$PATH"`]),
  ];
  return `${lines.join('\n')}\n`;
}
