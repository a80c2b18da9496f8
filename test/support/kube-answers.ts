import type { KubeClient } from '../../src/clients/types.js';
import { ClientError } from '../../src/model/errors.js';

/** A Kubernetes API that answers GETs from a table, for objects that no lab makes. */
export interface KubeAnswers {
  readonly kube: KubeClient;
  /** Paths with their queries, in order. */
  readonly asked: readonly string[];
}

type Answer = unknown | ((query: URLSearchParams) => unknown);

const NOT_USED = () => Promise.reject(new Error('This part of the API is not used here.'));
const noWatch = () => () => undefined;

/** What is not in the table is not served. */
export function kubeAnswers(answers: Readonly<Record<string, Answer>>): KubeAnswers {
  const asked: string[] = [];
  return {
    asked,
    kube: {
      watchNodes: noWatch,
      watchCsrs: noWatch,
      watchEvents: noWatch,
      watchPdbs: noWatch,
      leases: NOT_USED,
      health: NOT_USED,
      csr: NOT_USED,
      write: NOT_USED,
      close: async () => undefined,
      async raw(path) {
        asked.push(path);
        const [plain = '', query = ''] = path.split('?');
        const answer = answers[plain];
        if (answer instanceof Error) throw answer;
        if (answer === undefined) {
          throw new ClientError('not-found', `${plain} is not served.`, 'Look again.');
        }
        return typeof answer === 'function' ? answer(new URLSearchParams(query)) : answer;
      },
    },
  };
}

export const listOf = (items: readonly unknown[], next?: string) => ({
  metadata: { resourceVersion: '1', ...(next === undefined ? {} : { continue: next }) },
  items,
});

/** `/apis`, with these groups in their only version. */
export const groupsOf = (groups: Readonly<Record<string, string>>) => ({
  kind: 'APIGroupList',
  groups: Object.entries(groups).map(([name, version]) => ({
    name,
    preferredVersion: { groupVersion: `${name}/${version}`, version },
  })),
});
