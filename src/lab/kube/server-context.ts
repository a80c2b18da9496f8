import { isEtcdWorking, isMemberLive, memberOf } from '../world/etcd.js';
import type { LabNode, World } from '../world/types.js';
import type { User } from './api/user.js';
import type { WatchRequest } from './api/watch.js';
import type { WatchCache } from './api/watch-cache.js';

/** One kube-apiserver: the process of one control plane. */
export interface ApiServer {
  readonly world: World;
  readonly cache: WatchCache;
  readonly node: LabNode;
  /** `127.7.0.11:6443` */
  readonly address: string;
}

export interface ApiRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly accept: string;
  readonly contentType: string;
  readonly body: Buffer;
  readonly user: User;
}

export type Reply =
  | {
      readonly kind: 'json';
      readonly code: number;
      readonly body: unknown;
      readonly contentType?: string;
      /** RFC 7234: kubectl prints them as `Warning: …`. */
      readonly warnings?: readonly string[];
    }
  | { readonly kind: 'text'; readonly code: number; readonly text: string }
  /** A text that goes on; `start` gets how to write and how to end it, and says how to stop. */
  | {
      readonly kind: 'follow';
      readonly text: string;
      readonly start: (write: (text: string) => void, end: () => void) => () => void;
    }
  | { readonly kind: 'watch'; readonly watch: WatchRequest; readonly isTable: boolean };

export const json = (code: number, body: unknown): Reply => ({ kind: 'json', code, body });
export const text = (code: number, content: string): Reply => ({
  kind: 'text',
  code,
  text: content,
});

/** In virtual time. */
export const pause = (world: World, ms: number): Promise<void> =>
  new Promise((resolve) => {
    world.clock.after(ms, resolve);
  });

/** Talos points every API server at the etcd member of its own node only. */
export function isEtcdReachable({ world, node }: ApiServer): boolean {
  const member = memberOf(world, node.hostname);
  return member !== undefined && isMemberLive(world, member) && isEtcdWorking(world);
}
