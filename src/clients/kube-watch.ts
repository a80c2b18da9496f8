import { OperatorError } from '../model/errors.js';
import { isSilence } from '../model/layers.js';
import { createBackoff } from './backoff.js';
import type { Clock } from './clock.js';
import { asStatus, kubeLost, kubeMalformed, kubeStatusError, parsed } from './kube-errors.js';
import type { KubeHttp } from './kube-http.js';
import { entryOf, eventOf, type KubeKind, keyOf, resourceVersionOf } from './kube-kind.js';
import { listKind, withQuery } from './kube-list.js';
import type { KubeLiveness } from './kube-liveness.js';
import type { KubeRoute } from './kube-route.js';
import type { WatchHandlers } from './types.js';
import { createWatchedItems, type WatchedItems } from './watched-items.js';

export interface KubeWatchWiring {
  readonly http: KubeHttp;
  readonly liveness: KubeLiveness;
  readonly route: KubeRoute;
  readonly clock: Clock;
  readonly random: () => number;
}

const LIST_MS = 15_000;
const STREAM_SECONDS = 300;
/** Servers send a bookmark about every minute (kubernetes: bookmarkFrequency). */
const SILENCE_MS = 90_000;
/** A stream that ends sooner is no stream. */
const SHORTEST_MS = 1_000;
/** Trouble after this is new trouble. */
const STEADY_MS = 10_000;
/** What is refused now is refused in a second too. */
const REFUSED_AGAIN_MS = 60_000;

/** List, then watch from there; resumes where it was, and lists again only when the server has forgotten. */
export function watchKind<T>(
  kind: KubeKind<T>,
  handlers: WatchHandlers<T>,
  wiring: KubeWatchWiring,
): () => void {
  const items = createWatchedItems(handlers);
  const stopping = new AbortController();
  void keepWatching(kind, items, wiring, stopping.signal);
  return () => {
    items.stop();
    stopping.abort();
  };
}

/** The newest version seen; null before the first list and after the server has forgotten it. */
interface Place {
  version: string | null;
}

async function keepWatching<T>(
  kind: KubeKind<T>,
  items: WatchedItems<T>,
  wiring: KubeWatchWiring,
  signal: AbortSignal,
): Promise<void> {
  const { clock, route } = wiring;
  const backoff = createBackoff({ firstMs: 1_000, maxMs: 15_000 }, wiring.random);
  const place: Place = { version: null };

  while (!signal.aborted) {
    const startMs = clock.now();
    const since = route.turn();
    const error = await watchOnce(kind, items, place, wiring, signal);
    if (signal.aborted) return;
    const livedMs = clock.now() - startMs;
    if (livedMs > STEADY_MS) backoff.reset();
    if (error === null && livedMs > SHORTEST_MS) continue;
    // A stream that was cut, as every restart of an API server does: often the next one simply goes on.
    if (error?.kind === 'unreachable' && livedMs > STEADY_MS) continue;
    if (error?.kind === 'conflict' && place.version !== null) {
      place.version = null;
      continue;
    }
    // Every control plane serves the same versions: through another one it goes on from where it was.
    if (error !== null && isSilence(error) && (await route.recover(since)) === 'switched') continue;
    items.fail(route.explain(error ?? kubeLost(kind.path, 'the stream ended at once')));
    await pause(wiring, waitMs(error, backoff.nextMs()), signal);
  }
}

/** @returns null when the server ended the stream politely. */
async function watchOnce<T>(
  kind: KubeKind<T>,
  items: WatchedItems<T>,
  place: Place,
  wiring: KubeWatchWiring,
  signal: AbortSignal,
): Promise<OperatorError | null> {
  try {
    if (place.version === null) {
      const listing = await listKind(wiring.http, kind, { timeoutMs: LIST_MS, signal });
      items.replace(listing.entries);
      place.version = listing.resourceVersion;
    }
    return await followStream(kind, items, { ...wiring, place, version: place.version }, signal);
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    return error;
  }
}

function followStream<T>(
  kind: KubeKind<T>,
  items: WatchedItems<T>,
  {
    http,
    liveness,
    clock,
    place,
    version,
  }: KubeWatchWiring & { readonly place: Place; readonly version: string },
  signal: AbortSignal,
): Promise<OperatorError | null> {
  return new Promise((resolve) => {
    const finish = (error: OperatorError | null) => {
      stopSilence();
      stopStream();
      stopGuard();
      signal.removeEventListener('abort', onAbort);
      resolve(error);
    };
    const onAbort = () => finish(null);
    const listen = () => {
      stopSilence();
      stopSilence = clock.after(SILENCE_MS, () => finish(null));
    };
    let stopSilence = () => {};
    const stopGuard = liveness.guard(finish);
    const stopStream = http.lines(watchPath(kind, version), {
      onOpen() {
        listen();
        items.resume();
      },
      onLine(line) {
        listen();
        const error = takeLine(kind, items, place, line);
        if (error !== null) finish(error);
      },
      onEnd: finish,
    });
    signal.addEventListener('abort', onAbort, { once: true });
  });
}

const watchPath = (kind: KubeKind<unknown>, version: string): string =>
  withQuery(kind, {
    watch: '1',
    allowWatchBookmarks: 'true',
    timeoutSeconds: String(STREAM_SECONDS),
    resourceVersion: version,
  });

/** @returns why the stream cannot be followed further, or null. */
function takeLine<T>(
  kind: KubeKind<T>,
  items: WatchedItems<T>,
  place: Place,
  line: string,
): OperatorError | null {
  try {
    const { type, object } = eventOf(kind.path, parsed(line));
    if (type === 'ERROR') return streamError(kind.path, object);
    place.version = resourceVersionOf(kind.path, object);
    if (type === 'DELETED') items.remove(keyOf(kind.path, object));
    else if (type !== 'BOOKMARK') items.put(entryOf(kind, object));
    return null;
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    place.version = null;
    return error;
  }
}

function streamError(path: string, object: unknown): OperatorError {
  const status = asStatus(object);
  return status === null
    ? kubeMalformed(path, 'an error without a status')
    : kubeStatusError(path, status.code ?? 0, status);
}

function waitMs(error: OperatorError | null, backoffMs: number): number {
  return error?.kind === 'forbidden' || error?.kind === 'unsupported'
    ? REFUSED_AGAIN_MS
    : backoffMs;
}

/** Until the time is over, or another server gives reason to try again at once. */
async function pause(
  { clock, route }: KubeWatchWiring,
  ms: number,
  signal: AbortSignal,
): Promise<void> {
  const woken = new AbortController();
  const stopListening = route.onSwitch(() => woken.abort());
  await clock.sleep(ms, AbortSignal.any([signal, woken.signal])).catch(() => {});
  stopListening();
}
