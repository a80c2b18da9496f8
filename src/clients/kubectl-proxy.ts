import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { ClientError, ConfigurationError, type OperatorError } from '../model/errors.js';
import { kubeSilence } from './kube-errors.js';
import { kubeMeaning } from './kube-meaning.js';
import type { KubeProxyWiring } from './kube-proxy.js';
import type { ProxyDirectory } from './kube-proxy-directory.js';
import { unusableKubectl } from './kubectl-unusable.js';
import { notBegun, tiedToUs } from './tied-process.js';
import { environmentFor } from './tool-environment.js';
import { usefulStderr } from './tool-messages.js';

/** A `kubectl proxy`, from its start. */
export interface RunningProxy {
  /** Path of its socket once it serves. Rejects with an OperatorError when it does not come to that. */
  readonly socket: Promise<string>;
  /** Told once when it is gone, at once when it already is. */
  readonly onExit: (listener: (error: OperatorError) => void) => void;
  readonly stop: () => Promise<void>;
}

export interface ProxyOrder extends KubeProxyWiring {
  /** Instead of the kubeconfig's; its authority must have certified it all the same. */
  readonly server: string | null;
  readonly directory: ProxyDirectory;
}

const START_MS = 10_000;
const STOP_MS = 2_000;
const READY = 'Starting to serve on';
/** Its last words tell why it ended. */
const KEPT_CHARS = 16_384;

export function startKubectlProxy(order: ProxyOrder): RunningProxy {
  const { connection, program, env, clock, server, directory } = order;
  const { kubeconfigPath, context } = connection;
  // One that is still ending must not take the socket of the next one with it.
  const socketPath = directory.nextSocketPath();
  const [shell, ...args] = tiedToUs([
    program,
    ...['--kubeconfig', kubeconfigPath, '--context', context],
    ...(server === null ? [] : ['--server', server]),
    ...['proxy', `--unix-socket=${socketPath}`],
  ]);
  const child = spawn(shell, args, {
    env: environmentFor('kubectl', env, { KUBECACHEDIR: join(directory.path, 'cache') }),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const end = watchEnd(child, order);
  const socket = serving(child, end, order).then(() => socketPath);
  // Who waits for it is told; nobody may be waiting any more.
  socket.catch(() => {});
  return {
    socket,
    onExit: (listener) => void end.then(listener),
    async stop() {
      child.kill('SIGTERM');
      const stopTimer = clock.after(STOP_MS, () => child.kill('SIGKILL'));
      await end;
      stopTimer();
    },
  };
}

/** @throws OperatorError when it does not come to serve. */
function serving(
  child: ChildProcess,
  end: Promise<OperatorError>,
  { clock, directory }: ProxyOrder,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const stopTimer = clock.after(START_MS, () => {
      reject(kubeSilence('start of kubectl proxy', START_MS));
      child.kill('SIGKILL');
    });
    end.then((error) => {
      stopTimer();
      reject(error);
    });
    let said = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      if (said.includes(READY)) return;
      said = (said + chunk.toString()).slice(-KEPT_CHARS);
      if (!said.includes(READY)) return;
      stopTimer();
      void directory.notePid(child.pid ?? 0).then(resolve, reject);
    });
  });
}

/** Resolves when the child is gone, with the reason it gave. It goes with us, also when we crash. */
function watchEnd(
  child: ChildProcess,
  { program, env }: Pick<ProxyOrder, 'program' | 'env'>,
): Promise<OperatorError> {
  const killNow = () => child.kill('SIGKILL');
  process.on('exit', killNow);
  let stdout = '';
  let stderr = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    // Only its first words count: they tell whether it ever served.
    if (stdout.length < KEPT_CHARS) stdout += chunk.toString();
  });
  child.stderr?.on('data', (chunk: Buffer) => {
    stderr = (stderr + chunk.toString()).slice(-KEPT_CHARS);
  });
  return new Promise((resolve) => {
    child.on('error', (cause) => {
      process.off('exit', killNow);
      resolve(notStarted(program, 'unusable', cause));
    });
    child.on('close', (code, signal) => {
      process.off('exit', killNow);
      const why = notBegun(code, stderr);
      if (why !== null) {
        resolve(notStarted(program, why));
        return;
      }
      const how = code === null ? `signal ${signal}` : `code ${code}`;
      const isMute = stderr.trim() === '' && !stdout.includes(READY);
      resolve(
        isMute && code !== null && !child.killed
          ? unusableKubectl(program, env, how)
          : ended(stderr, how),
      );
    });
  });
}

function notStarted(program: string, why: 'missing' | 'unusable', cause?: Error): ClientError {
  return new ClientError(
    'program-missing',
    `The program ${program} ${why === 'missing' ? 'was not found' : 'cannot be started'}.`,
    "Install kubectl or set its path in the cluster's settings: without it Kubernetes is not observed.",
    { cause },
  );
}

function ended(stderr: string, how: string): OperatorError {
  const [reason] = usefulStderr(stderr).split('\n').slice(-1);
  const message = `kubectl proxy ended with ${how}: ${reason || 'no message'}`;
  const meaning = kubeMeaning(stderr);
  if (meaning?.kind === 'configuration') return new ConfigurationError(message, meaning.hint);
  return new ClientError(
    meaning?.kind ?? 'unreachable',
    message,
    meaning?.hint ?? 'Wait a moment: it is started again.',
  );
}
