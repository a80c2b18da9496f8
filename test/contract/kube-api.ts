import { request } from 'node:https';
import { parse } from 'yaml';

const LIMIT_MS = 10_000;

/** Any object of the API, or a list of them. */
export interface ApiObject {
  readonly kind?: string;
  readonly metadata: { readonly name: string; readonly [field: string]: unknown };
  readonly status?: Readonly<Record<string, unknown>>;
  readonly items?: readonly ApiObject[];
  readonly [field: string]: unknown;
}

/** The lab's API with an administrator's certificate: how the suite itself looks at a world. */
export interface KubeApi {
  readonly server: URL;
  readonly clusterName: string;
  readonly contextName: string;
  readonly get: (path: string) => Promise<ApiObject>;
}

interface Kubeconfig {
  readonly 'current-context': string;
  readonly clusters: readonly {
    readonly name: string;
    readonly cluster: Readonly<Record<'server' | 'certificate-authority-data', string>>;
  }[];
  readonly users: readonly {
    readonly user: Readonly<Record<'client-certificate-data' | 'client-key-data', string>>;
  }[];
}

export function openKubeApi(kubeconfig: string): KubeApi {
  const config = parse(kubeconfig) as Kubeconfig;
  const [first] = config.clusters;
  const user = config.users[0]?.user;
  if (first === undefined || user === undefined) throw new Error('The kubeconfig is empty.');
  const server = new URL(first.cluster.server);
  const decode = (text: string) => Buffer.from(text, 'base64');
  const identity = {
    ca: decode(first.cluster['certificate-authority-data']),
    cert: decode(user['client-certificate-data']),
    key: decode(user['client-key-data']),
  };
  const get = (path: string): Promise<ApiObject> =>
    new Promise((resolve, reject) => {
      const call = request(new URL(path, server), { ...identity, timeout: LIMIT_MS }, (answer) => {
        let text = '';
        answer.setEncoding('utf8');
        answer.on('data', (chunk) => {
          text += chunk;
        });
        answer.on('error', reject);
        answer.on('end', () => {
          if (answer.statusCode === 200) resolve(JSON.parse(text) as ApiObject);
          else reject(new Error(`GET ${path}: ${answer.statusCode} ${text}`));
        });
      });
      call.on('timeout', () => call.destroy(new Error(`GET ${path}: no answer`)));
      call.on('error', reject);
      call.end();
    });
  return { server, clusterName: first.name, contextName: config['current-context'], get };
}
