import type { IpAddress } from '../model/ids.js';
import { mountsOf, timeOf } from './talos-answers.js';
import type { CallLimits } from './talos-calls.js';
import { createFileReader } from './talos-file.js';
import type { TalosProto } from './talos-proto.js';
import type { Route } from './talos-router.js';
import type { TalosClient } from './types.js';

/** Small reads of one node that are made when somebody asks, never watched. */
type NodeReads = Pick<TalosClient, 'readFile' | 'mounts' | 'time'>;

type Reach = (
  node: IpAddress,
  limits: CallLimits,
) => Promise<{ readonly proto: TalosProto; readonly route: Route }>;

const FILE_MS = 6_000;
const MOUNTS_MS = 6_000;
/** The node asks its time server before it answers (talos@1.12: timed). */
const TIME_MS = 6_000;

export const createNodeReads = (reach: Reach): NodeReads => ({
  async readFile(node, path, signal) {
    const limits = { timeoutMs: FILE_MS, signal };
    const { proto, route } = await reach(node, limits);
    const file = createFileReader(path, node);
    const messages = await route.link.collect(proto.machine('Read'), { path }, route.target, {
      ...limits,
      refuse: file.refuse,
    });
    return file.text(messages);
  },
  async mounts(node, signal) {
    const limits = { timeoutMs: MOUNTS_MS, signal };
    const { proto, route } = await reach(node, limits);
    const reply = await route.link.unary(proto.machine('Mounts'), {}, route.target, limits);
    return mountsOf(reply, node);
  },
  async time(node, signal) {
    const limits = { timeoutMs: TIME_MS, signal };
    const { proto, route } = await reach(node, limits);
    return timeOf(await route.link.unary(proto.time('Time'), {}, route.target, limits), node);
  },
});
