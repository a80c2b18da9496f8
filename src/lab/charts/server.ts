import { type ChartRepository, readChartRepository } from './repository.js';

const PREFIX = '/charts/';

interface Answer {
  readonly code: number;
  readonly contentType: string;
  readonly body: string | Buffer;
}

const plain = (code: number, text: string): Answer => ({
  code,
  contentType: 'text/plain; charset=utf-8',
  body: `${text}\n`,
});

let made: ChartRepository | null = null;

/** The chart repository below `/charts`; null = another path. */
export function answerCharts(method: string, path: string): Answer | null {
  if (!path.startsWith(PREFIX)) return null;
  if (method !== 'GET' && method !== 'HEAD') return plain(405, 'Method Not Allowed');
  // Packed when first asked for: a lab starts without it.
  made ??= readChartRepository();
  const file = path.slice(PREFIX.length);
  if (file === 'index.yaml') return { code: 200, contentType: 'text/yaml', body: made.index };
  const archive = made.archives.get(file);
  return archive === undefined
    ? plain(404, '404 page not found')
    : { code: 200, contentType: 'application/gzip', body: archive };
}
