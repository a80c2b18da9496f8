import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { ClientError, ConfigurationError, type OperatorError } from '../model/errors.js';
import { kubeSilence } from './kube-errors.js';
import { kubeMeaning } from './kube-meaning.js';
import type { KubeProxyWiring } from './kube-proxy.js';
import type { ProxyDirectory } from './kube-proxy-directory.js';
import { environmentFor } from './tool-environment.js';
import { usefulStderr } from './tool-messages.js';

/** A `kubectl proxy` that serves its socket. */
export interface RunningProxy {
  readonly socketPath: string;
  /** Told once when it is gone, at once when it already is. */
  readonly onExit: (listener: (error: OperatorError) => void) => void;
  readonly stop: () => Promise<void>;
}

const START_MS = 10_000;
const STOP_MS = 2_000;
const READY = 'Starting to serve on';
/** Its last words tell why it ended. */
const KEPT_CHARS = 16_384;

/** @throws OperatorError when it does not come to serve. */
export function startKubectlProxy(
  { connection, program, env, clock }: KubeProxyWiring,
  directory: ProxyDirectory,
): Promise<RunningProxy> {
  const { kubeconfigPath, context } = connection;
  const { socketPath } = directory;
  const child = spawn(
    program,
    ['--kubeconfig', kubeconfigPath, '--context', context, 'proxy', `--unix-socket=${socketPath}`],
    {
      env: environmentFor('kubectl', env, { KUBECACHEDIR: join(directory.path, 'cache') }),
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  const end = watchEnd(child, program);

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
      void directory
        .notePid(child.pid ?? 0)
        .then(() => resolve(runningProxy(child, socketPath, end, clock)), reject);
    });
  });
}

function runningProxy(
  child: ChildProcess,
  socketPath: string,
  end: Promise<OperatorError>,
  clock: KubeProxyWiring['clock'],
): RunningProxy {
  return {
    socketPath,
    onExit: (listener) => void end.then(listener),
    async stop() {
      child.kill('SIGTERM');
      const stopTimer = clock.after(STOP_MS, () => child.kill('SIGKILL'));
      await end;
      stopTimer();
    },
  };
}

/** Resolves when the child is gone, with the reason it gave. It goes with us, also when we crash. */
function watchEnd(child: ChildProcess, program: string): Promise<OperatorError> {
  const killNow = () => child.kill('SIGKILL');
  process.on('exit', killNow);
  let stderr = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    stderr = (stderr + chunk.toString()).slice(-KEPT_CHARS);
  });
  return new Promise((resolve) => {
    child.on('error', (cause) => {
      process.off('exit', killNow);
      resolve(notStarted(program, cause));
    });
    child.on('close', (code, signal) => {
      process.off('exit', killNow);
      resolve(ended(stderr, code === null ? `signal ${signal}` : `code ${code}`));
    });
  });
}

function notStarted(program: string, cause: Error): ClientError {
  const isMissing = 'code' in cause && cause.code === 'ENOENT';
  return new ClientError(
    'program-missing',
    `The program ${program} ${isMissing ? 'was not found' : 'cannot be started'}.`,
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
