import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { endWithUs } from './children.js';
import { type KubeApi, openKubeApi } from './kube-api.js';

const START_LIMIT_MS = 60_000;
const END_LIMIT_MS = 5_000;
const SEED = '11';
const MOST_REQUESTS = 9;

export interface LabStatus {
  readonly virtualTime: string;
  readonly lan: string;
  readonly vipHolder: string | null;
  readonly etcdLeader: string | null;
  readonly nodes: readonly {
    readonly hostname: string;
    readonly address: string;
    readonly vmId: number;
    readonly state: string;
  }[];
}

/** A `lab up` of our own, and what argv may say of it. */
export interface ContractLab {
  readonly dir: string;
  /** `{cp1}` address, `{cp1.name}` host name, `{endpoints}`, `{vip}`, `{csr1}` … */
  readonly facts: ReadonlyMap<string, string>;
  readonly api: KubeApi;
  readonly change: (line: string) => Promise<void>;
  readonly advance: (seconds: number) => Promise<void>;
  readonly status: () => Promise<LabStatus>;
  readonly close: () => Promise<void>;
}

export interface LabWish {
  readonly scenario: string;
  readonly timeScale: number;
}

/** @throws Error when it does not come up. */
export async function startContractLab(dist: string, wish: LabWish): Promise<ContractLab> {
  const dir = mkdtempSync(join(tmpdir(), 'talos-tui-contract-'));
  const child = spawn(
    process.execPath,
    [
      join(dist, 'talos-tui.js'),
      ...['lab', 'up', '--json', '--dir', dir, '--seed', SEED],
      ...['--scenario', wish.scenario, '--time-scale', String(wish.timeScale)],
      ...['--parent-pid', String(process.pid)],
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  endWithUs(child);
  const close = async (): Promise<void> => {
    await end(child);
    rmSync(dir, { recursive: true, force: true });
  };
  try {
    await ready(child, wish);
    const api = openKubeApi(readFileSync(join(dir, 'kubeconfig'), 'utf8'));
    const status = async () => (await order(dir, { kind: 'status' })).status as LabStatus;
    return {
      dir,
      api,
      status,
      facts: await factsOf(dir, await status(), api),
      change: async (line) => {
        const [change = '', ...args] = line.split(' ');
        await order(dir, { kind: 'do', change, args });
      },
      advance: async (seconds) => void (await order(dir, { kind: 'advance', seconds })),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function ready(child: ChildProcess, { scenario }: LabWish): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = '';
    const fail = (how: string) => reject(new Error(`The lab ${scenario} ${how}: ${said}`));
    const timer = setTimeout(() => fail('does not come up'), START_LIMIT_MS);
    child.stderr?.on('data', (chunk) => {
      said += chunk;
    });
    child.stdout?.once('data', () => {
      clearTimeout(timer);
      resolve();
    });
    child.once('error', (error) => fail(`cannot be started (${error.message})`));
    child.once('close', () => {
      clearTimeout(timer);
      fail('ended');
    });
  });
}

function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    const timer = setTimeout(() => child.kill('SIGKILL'), END_LIMIT_MS);
    child.once('close', () => {
      clearTimeout(timer);
      resolve();
    });
    child.kill('SIGTERM');
  });
}

interface Reply {
  readonly isOk: boolean;
  readonly message?: string;
  readonly status?: unknown;
}

/** One line of JSON each way, as `lab do` does. @throws Error when the lab says no. */
function order(dir: string, command: object): Promise<Reply> {
  return new Promise((resolve, reject) => {
    let text = '';
    const socket = connect(join(dir, 'control.sock'), () => {
      socket.write(`${JSON.stringify(command)}\n`);
    });
    socket.setEncoding('utf8');
    socket.on('data', (chunk) => {
      text += chunk;
      if (!text.includes('\n')) return;
      socket.destroy();
      const reply = JSON.parse(text) as Reply;
      if (reply.isOk) resolve(reply);
      else reject(new Error(`${JSON.stringify(command)}: ${reply.message}`));
    });
    socket.on('error', reject);
  });
}

const chartsUrl = (dir: string): string =>
  /^export TALOS_TUI_CHARTS_URL='(.*)'$/m.exec(readFileSync(join(dir, 'env.sh'), 'utf8'))?.[1] ??
  '';

async function factsOf(
  dir: string,
  status: LabStatus,
  api: KubeApi,
): Promise<ReadonlyMap<string, string>> {
  const facts = new Map([
    ['dir', dir],
    ['talosconfig', join(dir, 'talosconfig')],
    ['kubeconfig', join(dir, 'kubeconfig')],
    ['cluster', api.clusterName],
    ['context', api.contextName],
    ['server', api.server.origin],
    ['vip', api.server.hostname],
    ['repository', chartsUrl(dir)],
    ['lan', status.lan.split('.').slice(0, 2).join('.')],
  ]);
  const counts = { cp: 0, w: 0 };
  for (const { hostname, address } of status.nodes) {
    const role = hostname.includes('-cp-') ? 'cp' : 'w';
    counts[role] += 1;
    facts.set(`${role}${counts[role]}`, address);
    facts.set(`${role}${counts[role]}.name`, hostname);
  }
  const addressesOf = (role: string) =>
    status.nodes.filter(({ hostname }) => hostname.includes(role)).map(({ address }) => address);
  facts.set('endpoints', addressesOf('-cp-').join(','));
  facts.set('nodes', status.nodes.map(({ address }) => address).join(','));
  for (const [index, name] of (await pendingRequests(api)).slice(0, MOST_REQUESTS).entries()) {
    facts.set(`csr${index + 1}`, name);
  }
  return facts;
}

/** Oldest first; none when no API server answers: the case then cannot ask for one. */
async function pendingRequests(api: KubeApi): Promise<readonly string[]> {
  const answer = await api
    .get('/apis/certificates.k8s.io/v1/certificatesigningrequests')
    .catch(() => null);
  return (answer?.items ?? [])
    .filter(({ status }) => Object.keys(status ?? {}).length === 0)
    .map(({ metadata }) => metadata.name)
    .sort();
}
