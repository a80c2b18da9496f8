import { kubeletClaim, type RequestClaim } from './csr.js';
import type { LabNode, World } from './types.js';

const GHOST = 'talos-w-99';
const TEN_YEARS_SECONDS = 10 * 365 * 86_400;

interface Target {
  readonly world: World;
  readonly node: LabNode;
  readonly other: LabNode;
}

type Twist = (claim: RequestClaim, target: Target) => RequestClaim;

const withContent = (
  claim: RequestClaim,
  content: Partial<RequestClaim['content']>,
): RequestClaim => ({
  ...claim,
  content: { ...claim.content, ...content },
});

const alsoIp =
  (ipOf: (target: Target) => string): Twist =>
  (claim, target) =>
    withContent(claim, { ipAddresses: [...claim.content.ipAddresses, ipOf(target)] });

const alsoDns =
  (...names: readonly string[]): Twist =>
  (claim) =>
    withContent(claim, { dnsNames: [...claim.content.dnsNames, ...names] });

/** Each is a good request of a real node with exactly one thing wrong. */
const TWISTS = {
  vip: alsoIp(({ world }) => world.facts.vip),
  'foreign-ip': alsoIp(({ other }) => other.address),
  loopback: alsoIp(() => '127.0.0.1'),
  'service-ip': alsoIp(() => '10.96.0.1'),
  'apiserver-name': alsoDns('kubernetes.default.svc'),
  wildcard: alsoDns('*.lab'),
  'many-names': alsoDns(...Array.from({ length: 20 }, (_, index) => `name-${index}.lab`)),
  'wrong-cn': (claim, { other }) =>
    withContent(claim, { commonName: `system:node:${other.hostname}` }),
  'masters-org': (claim) =>
    withContent(claim, { organizations: ['system:nodes', 'system:masters'] }),
  'masters-group': (claim) => ({ ...claim, groups: [...claim.groups, 'system:masters'] }),
  'client-auth': (claim) => ({ ...claim, usages: [...claim.usages, 'client auth'] }),
  uri: (claim) => withContent(claim, { uris: ['spiffe://cluster.local/ns/default/sa/admin'] }),
  email: (claim) => withContent(claim, { emails: ['admin@lab.example'] }),
  'no-names': (claim) => withContent(claim, { dnsNames: [], ipAddresses: [] }),
  'weak-key': (claim) => withContent(claim, { hasWeakKey: true }),
  'bad-signature': (claim) => ({ ...claim, isSignatureBroken: true }),
  'long-life': (claim) => ({ ...claim, expirationSeconds: TEN_YEARS_SECONDS }),
  'unknown-node': (_, { world }) =>
    kubeletClaim({ hostname: GHOST, address: `${world.facts.lanPrefix}.0.199` }),
  'service-account': (claim) => ({
    ...claim,
    username: 'system:serviceaccount:shop:web',
    groups: ['system:serviceaccounts', 'system:authenticated'],
  }),
} satisfies Readonly<Record<string, Twist>>;

export type HostileKind = keyof typeof TWISTS;

export const HOSTILE_KINDS: readonly HostileKind[] = Object.keys(TWISTS) as HostileKind[];

/** Claims to come from `node`. */
export function hostileClaim(world: World, kind: HostileKind, node: LabNode): RequestClaim {
  const other = [...world.nodes.values()].find((candidate) => candidate !== node) ?? node;
  const twist: Twist = TWISTS[kind];
  return twist(kubeletClaim(node), { world, node, other });
}
