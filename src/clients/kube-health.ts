import { z } from 'zod';
import { OperatorError } from '../model/errors.js';
import type { KubeHealth } from '../model/kubernetes.js';
import { kubeMalformed, kubeResponseError } from './kube-errors.js';
import type { KubeCallOptions, KubeHttp } from './kube-http.js';
import type { KubeRoute } from './kube-route.js';

const READYZ = '/readyz?verbose';
const PASSED = /^readyz check passed$|^ok$/m;
const FAILED = /^\[-\](\S+)/gm;

const version = z.object({ gitVersion: z.string() });

/** @throws OperatorError when the API server cannot be asked; a red check is an answer. */
export async function readKubeHealth(
  http: KubeHttp,
  route: KubeRoute,
  options: KubeCallOptions,
): Promise<KubeHealth> {
  const [{ code, body }, serverVersion] = await Promise.all([
    http.reply(READYZ, options),
    versionOrNull(http, options),
  ]);
  const viaServer = route.viaServer();
  const way = viaServer === null ? { viaServer } : { viaServer, serverState: route.serverState() };
  const failedChecks = [...body.matchAll(FAILED)].map(([, name]) => name ?? '');
  if (code === 200 && failedChecks.length === 0 && PASSED.test(body)) {
    return { isReady: true, failedChecks: [], serverVersion, ...way };
  }
  if (failedChecks.length > 0) return { isReady: false, failedChecks, serverVersion, ...way };
  throw code === 200
    ? kubeMalformed(READYZ, 'neither passed nor failed')
    : route.explain(kubeResponseError(READYZ, code, body));
}

/** Its absence is no failure: readyz decides whether the server can be asked. */
async function versionOrNull(http: KubeHttp, options: KubeCallOptions): Promise<string | null> {
  try {
    return version.safeParse(await http.json('/version', options)).data?.gitVersion ?? null;
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    return null;
  }
}
