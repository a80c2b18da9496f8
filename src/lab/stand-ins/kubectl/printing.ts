export interface KubeItem {
  readonly metadata: { readonly name: string; readonly continue?: string };
  readonly [field: string]: unknown;
}

export interface Table {
  readonly metadata?: { readonly continue?: string };
  readonly columnDefinitions:
    | readonly { readonly name: string; readonly priority: number }[]
    | null;
  readonly rows: readonly {
    readonly cells: readonly unknown[];
    readonly object: { readonly metadata: { readonly namespace?: string } };
  }[];
}

/** As Go prints a map: keys sorted, four spaces, `<`, `>` and `&` left alone. */
export const goJson = (value: unknown): string => `${JSON.stringify(sorted(value), null, 4)}\n`;

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, field]) => [key, sorted(field)]),
  );
}

export interface TableOptions {
  readonly isWide: boolean;
  readonly hasNamespace: boolean;
  readonly hasHeader: boolean;
  /** `node/`, when several types are shown. */
  readonly prefix: string;
}

const PADDING = '   ';

/** Empty when there are no rows. */
export function printTable(pages: readonly Table[], options: TableOptions): string {
  const columns = pages[0]?.columnDefinitions ?? [];
  const shown = columns
    .map((column, index) => ({ ...column, index }))
    .filter(({ priority }) => priority === 0 || options.isWide);
  const rows = pages
    .flatMap((page) => page.rows)
    .map(({ cells, object }) => [
      ...(options.hasNamespace ? [object.metadata.namespace ?? ''] : []),
      ...shown.map(({ index }) => (index === 0 ? options.prefix : '') + String(cells[index] ?? '')),
    ]);
  if (rows.length === 0) return '';
  const names = shown.map(({ name }) => name.toUpperCase());
  const header = options.hasNamespace ? ['NAMESPACE', ...names] : names;
  const lines = options.hasHeader ? [header, ...rows] : rows;
  const widths = header.map((_, column) =>
    Math.max(...lines.map((line) => (line[column] ?? '').length)),
  );
  return lines
    .map((line) => {
      const cells = line.map((cell, column) =>
        column === line.length - 1 ? cell : cell.padEnd(widths[column] ?? 0),
      );
      return `${cells.join(PADDING)}\n`;
    })
    .join('');
}
