import { chmodSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import { packageRoot } from '../../model/package-root.js';
import { controlPlanes } from '../world/node.js';
import { ROOT_USER } from '../world/pve-access.js';
import type { KeyPair, LabHandle } from '../world/types.js';
import { PROGRAMS } from './change.js';

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
  for (const name of PROGRAMS) {
    const told = name === 'talosctl' ? `export TALOS_TUI_LAB_TALOS=${talosVersion}\n` : '';
    const program = `${quote(process.execPath)} ${quote(join(programs, `${name}.js`))} "$@"`;
    const script = `#!/bin/sh\n${told}${killScript(dir, name, program)}exec ${program}\n`;
    writePrivate(join(bin, name), script, 0o700);
  }
}

/** Exists while some step of a stand-in is to kill somebody. */
const KILLS = 'kills';

/** Tells the launchers whether they have to ask at their steps. */
export function markKills({ dir, world }: LabHandle): void {
  const path = join(dir, KILLS);
  const isArmed = world.faults.kills.some(({ step }) =>
    PROGRAMS.some((program) => step.startsWith(`${program}:`)),
  );
  if (isArmed) writePrivate(path, '');
  else rmSync(path, { force: true });
}

/**
 * Only while something is armed: asks the lab before, during and after the program whether its parent is to die. Who
 * dies before it never sees it run.
 */
function killScript(dir: string, name: string, program: string): string {
  const console = join(dirname(dirname(standInFolder())), 'bin', 'talos-tui.js');
  const ask = `${quote(process.execPath)} ${quote(console)} lab do --dir ${quote(dir)} -- pass-step`;
  return `if [ -e ${quote(join(dir, KILLS))} ]; then
  ask() { moment=$1; shift; ${ask} "$moment" "$PPID" ${name} "$@" 2>/dev/null; }
  case "$(ask before "$@")" in killed*) exit 137 ;; esac
  ${program} <&0 &
  child=$!
  trap 'kill -TERM "$child" 2>/dev/null' TERM INT
  ask during "$@" >/dev/null
  wait "$child"
  code=$?
  ask after "$@" >/dev/null
  exit "$code"
fi
`;
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
  const factoryUrl = `http://${world.facts.factoryAddress}:${ports.factory}`;
  const lines = [
    `export TALOSCONFIG=${quote(join(dir, 'talosconfig'))}`,
    `export KUBECONFIG=${quote(join(dir, 'kubeconfig'))}`,
    `export TALOS_TUI_PVE=${quote(join(dir, 'pve.json'))}`,
    `export TALOS_TUI_FACTORY_URL=${quote(factoryUrl)}`,
    `export TALOS_TUI_CHARTS_URL=${quote(`${factoryUrl}/charts`)}`,
    ...(realTools ? [] : [`export PATH=${quote(join(dir, 'bin'))}:"$PATH"`]),
  ];
  return `${lines.join('\n')}\n`;
}
