import { status } from '@grpc/grpc-js';
import type { CallContext, Method, StreamOutlet } from '../calls.js';
import { Failure } from '../failure.js';
import { kernelLog } from '../logs/kernel.js';
import { containerLog } from '../logs/pods.js';
import { registeredLogs, serviceLog } from '../logs/services.js';
import type { LogSource } from '../logs/source.js';
import { READERS } from '../roles.js';
import { findContainer } from './containers.js';

/** How often a reader that follows is told what is new, in virtual time. */
const FOLLOW_MS = 500;
/** talos: stream.NewChunker. */
const CHUNK_BYTES = 1024;

interface LogsRequest {
  readonly namespace: string;
  readonly id: string;
  readonly driver: string;
  readonly follow: boolean;
  /** −1 = all. */
  readonly tail_lines: number;
}

interface Reading {
  readonly source: LogSource;
  /** Lines of the past; −1 = all. */
  readonly tail: number;
  readonly follows: boolean;
  /** One frame per line, or lines in chunks as a file is read. */
  readonly framing: 'lines' | 'chunks';
}

/** First the past, then what comes, until the reader goes away. */
function read({ talos }: CallContext, reading: Reading, outlet: StreamOutlet): void {
  const { clock } = talos.world;
  const waiting: Buffer[] = [];
  let readUntilMs = clock.now() - 1;
  const past = reading.source.between(Number.NEGATIVE_INFINITY, readUntilMs);
  const lines = reading.tail < 0 ? past : reading.tail === 0 ? [] : past.slice(-reading.tail);
  waiting.push(...frames(lines, reading.framing));
  const pump = (): void => {
    while (outlet.isReady) {
      const bytes = waiting.shift();
      if (bytes === undefined) {
        if (!reading.follows) outlet.end();
        return;
      }
      outlet.write({ bytes });
    }
  };
  outlet.onReady(pump);
  if (reading.follows) {
    const stop = clock.every(FOLLOW_MS, () => {
      const nowMs = clock.now() - 1;
      waiting.push(...frames(reading.source.between(readUntilMs, nowMs), reading.framing));
      readUntilMs = Math.max(readUntilMs, nowMs);
      pump();
    });
    outlet.onClose(stop);
  }
  pump();
}

function frames(
  lines: readonly { readonly text: string }[],
  framing: Reading['framing'],
): readonly Buffer[] {
  if (framing === 'lines') return lines.map(({ text }) => Buffer.from(`${text}\n`));
  const all = Buffer.from(lines.map(({ text }) => `${text}\n`).join(''));
  return Array.from({ length: Math.ceil(all.length / CHUNK_BYTES) }, (_, index) =>
    all.subarray(index * CHUNK_BYTES, (index + 1) * CHUNK_BYTES),
  );
}

/** The kubelet's log is machined's, whatever namespace is asked for. */
function logs(context: CallContext, message: object, outlet: StreamOutlet): void {
  const request = message as LogsRequest;
  const isService = request.namespace === 'system' || request.id === 'kubelet';
  const source = isService
    ? serviceLog(context.talos.world, context.node, request.id)
    : containerLog(findContainer(context, request));
  if (source === null) {
    throw new Failure(status.UNKNOWN, `log "${request.id}" was not registered`);
  }
  const { tail_lines: tail, follow: follows } = request;
  read(context, { source, tail, follows, framing: 'chunks' }, outlet);
}

function dmesg(context: CallContext, message: object, outlet: StreamOutlet): void {
  const { follow, tail } = message as { readonly follow: boolean; readonly tail: boolean };
  const source = kernelLog(context.talos.world, context.node);
  read(context, { source, tail: tail ? 0 : -1, follows: follow, framing: 'lines' }, outlet);
}

export const LOG_METHODS: Readonly<Record<string, Method>> = {
  Logs: { kind: 'stream', roles: READERS, answer: logs },
  Dmesg: { kind: 'stream', roles: READERS, answer: dmesg },
  LogsContainers: {
    kind: 'unary',
    isWrapped: true,
    roles: READERS,
    answer: ({ node }) => ({ ids: registeredLogs(node) }),
  },
};
