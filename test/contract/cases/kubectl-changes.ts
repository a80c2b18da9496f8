import type { Case, Step } from '../case.js';
import type { ApiObject } from '../kube-api.js';
import type { ContractLab } from '../lab.js';
import { kubectl } from './argv.js';

const step = (argv: readonly string[], rest: Omit<Step, 'argv'> = {}): Step => ({ argv, ...rest });

const changing = (title: string, ...steps: readonly Step[]): Case => ({
  program: 'kubectl',
  title,
  isChange: true,
  steps,
});

const REQUESTS = '/apis/certificates.k8s.io/v1/certificatesigningrequests';
const REVIEW = 'authorization.k8s.io/v1';

/** The request as it is now, with our approval: operations.md A6. */
async function approved(lab: ContractLab, fact = 'csr1'): Promise<ApiObject> {
  const request = await lab.api.get(`${REQUESTS}/${lab.facts.get(fact)}`);
  const condition = {
    type: 'Approved',
    status: 'True',
    reason: 'TalosTuiValidated',
    message: 'rules V1–V16',
  };
  return { ...request, status: { ...request.status, conditions: [condition] } };
}

const review = (verb: string): string =>
  JSON.stringify({
    apiVersion: REVIEW,
    kind: 'SelfSubjectAccessReview',
    spec: {
      resourceAttributes: {
        group: 'certificates.k8s.io',
        resource: 'signers',
        name: 'kubernetes.io/kubelet-serving',
        verb,
      },
    },
  });

const approval = (name: string) =>
  kubectl('replace', '--raw', `${REQUESTS}/${name}/approval`, '-f', '-');

export const kubectlChanges: readonly Case[] = [
  changing(
    'approve and deny requests',
    step(kubectl('certificate', 'approve', '{csr1}'), { advanceSeconds: 5 }),
    step(kubectl('certificate', 'approve', '{csr1}')),
    step(kubectl('certificate', 'deny', '{csr1}')),
    step(kubectl('certificate', 'deny', '{csr2}'), { advanceSeconds: 5 }),
    step(kubectl('certificate', 'approve', '{csr2}')),
    step(kubectl('certificate', 'approve', '{csr2}', '--force')),
    step(kubectl('certificate', 'approve', 'missing', '{csr1}')),
    step(kubectl('certificate', 'approve')),
    step(kubectl('get', 'csr'), { masks: ['ages'] }),
  ),
  changing(
    'approve exactly what was looked at',
    step(approval('{csr1}'), {
      stdin: async (lab) => JSON.stringify(await approved(lab)),
      stdout: 'json',
      masks: ['timestamps', 'uuids', 'base64', 'resource-versions'],
      advanceSeconds: 5,
    }),
    step(approval('{csr1}'), {
      stdin: async (lab) => {
        const request = await approved(lab);
        const metadata = { ...request.metadata, resourceVersion: '1' };
        return JSON.stringify({ ...request, metadata });
      },
    }),
    step(approval('missing'), { stdin: async (lab) => JSON.stringify(await approved(lab)) }),
    step(approval('{csr2}'), { stdin: 'this is no JSON' }),
  ),
  changing(
    'ask whether one may approve',
    step(kubectl('create', '--raw', `/apis/${REVIEW}/selfsubjectaccessreviews`, '-f', '-'), {
      stdin: review('approve'),
      stdout: 'json',
    }),
  ),
  changing(
    'approve through a proxy',
    step(kubectl('proxy', '--unix-socket={out}/api'), {
      masks: ['timestamps', 'uuids', 'base64', 'resource-versions'],
      follow: {
        readyAfter: 'Starting to serve on',
        forMs: 100,
        requests: [
          {
            method: 'PUT',
            path: `${REQUESTS}/{csr1}/approval`,
            headers: { 'content-type': 'application/json' },
            body: (lab) => approved(lab),
          },
        ],
      },
      advanceSeconds: 5,
    }),
  ),
  changing(
    'see changes as they come',
    step(kubectl('get', '--raw', '/api/v1/nodes?watch=1&resourceVersion=0'), {
      stdout: 'json-stream',
      masks: ['timestamps', 'uuids', 'resource-versions'],
      follow: {
        readyAfter: 'talos-w-02',
        changes: ['cordon {w1.name}', 'uncordon {w1.name}'],
        forMs: 500,
      },
    }),
    step(kubectl('get', '--raw', '/api/v1/nodes?watch=1&resourceVersion=0'), {
      stdout: 'json-stream',
      masks: ['timestamps', 'uuids', 'resource-versions'],
      follow: { readyAfter: 'talos-w-02', changes: ['cut-streams kube'], forMs: 1000 },
    }),
  ),
];
