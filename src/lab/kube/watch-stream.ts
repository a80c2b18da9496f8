import type { ServerResponse } from 'node:http';
import type { KubeObject } from '../world/types.js';
import { isTrue } from './api/options.js';
import { tableOf } from './api/table.js';
import { startWatch, type WatchEvent, type WatchRequest } from './api/watch.js';
import { viewOf } from './events-v1.js';
import type { Gate } from './gate.js';
import type { ApiServer } from './server-context.js';

/** Open watches of all API servers: `cut-streams` ends them. */
export type WatchStreams = Set<ServerResponse>;

export interface WatchStream {
  readonly server: ApiServer;
  readonly response: ServerResponse;
  readonly gate: Gate;
  readonly streams: WatchStreams;
  readonly watch: WatchRequest;
  readonly isTable: boolean;
}

/** apiserver: cacher bookmarkFrequency. */
const BOOKMARK_MS = 60_000;
/** apiserver: --min-request-timeout, spread over twice its length. */
const SHORTEST_WATCH_SECONDS = 1800;
/** A reader that is this far behind is cut off, as the watch cache does. */
const BACKLOG_LIMIT_BYTES = 32 * 1024 * 1024;

/** One JSON line per event until the client, the server's time limit or a fault ends it. */
export function streamWatch(stream: WatchStream): void {
  const { response, streams, watch, server } = stream;
  const { world } = server;
  const running = startWatch(watch, lineWriter(stream));
  if (running === null) {
    response.end();
    return;
  }
  const cancelBookmarks = isTrue(watch.query.get('allowWatchBookmarks'))
    ? world.clock.every(BOOKMARK_MS, running.bookmark)
    : () => {};
  // A limit is nobody's work: it must not make an infinite time scale jump to it.
  const cancelLimit = world.clock.every(watchSeconds(stream) * 1000, () => response.end());
  streams.add(response);
  response.on('close', () => {
    running.stop();
    cancelBookmarks();
    cancelLimit();
    streams.delete(response);
  });
}

function watchSeconds({ watch, server }: WatchStream): number {
  const asked = Number(watch.query.get('timeoutSeconds') ?? '0');
  return asked > 0
    ? asked
    : server.world.random.int(SHORTEST_WATCH_SECONDS, 2 * SHORTEST_WATCH_SECONDS);
}

function lineWriter(stream: WatchStream): (event: WatchEvent) => void {
  const { response, gate } = stream;
  const held: string[] = [];
  let isFirst = true;
  return (event) => {
    // At a fast clock several ticks come before the stream has closed.
    if (response.writableEnded) return;
    const line = `${JSON.stringify({ type: event.type, object: shown(stream, event, isFirst) })}\n`;
    isFirst = false;
    if (response.writableLength > BACKLOG_LIMIT_BYTES) {
      response.destroy();
    } else if (gate.isShut) {
      held.push(line);
      if (held.length === 1) {
        gate.whenOpen(() => {
          if (!response.writableEnded) response.write(held.splice(0).join(''));
        });
      }
    } else {
      response.write(line);
    }
  };
}

function shown(
  { watch, isTable, server }: WatchStream,
  event: WatchEvent,
  isFirst: boolean,
): unknown {
  if (event.type === 'BOOKMARK' || event.type === 'ERROR') return event.object;
  const object = event.object as KubeObject;
  if (!isTable) return viewOf(watch.type, object);
  const metadata = { resourceVersion: object.metadata.resourceVersion };
  return tableOf(watch.type, [object], metadata, server.world.clock.now(), isFirst);
}
