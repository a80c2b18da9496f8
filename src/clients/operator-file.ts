import { readFile } from 'node:fs/promises';
import { LineCounter, parseDocument } from 'yaml';
import type { z } from 'zod';
import { ConfigurationError } from '../model/errors.js';
import { shapeProblem } from './shape-words.js';

/** A YAML file of the operator: only ever read. Creating a missing one would hide the mistake. */
export interface OperatorFile {
  readonly path: string;
  /** `talosconfig`, `kubeconfig`: how people call it. */
  readonly kind: string;
  readonly content: unknown;
  /** Line of the deepest existing node on this way down, for error messages; 1 when unknown. */
  readonly lineOf: (way: readonly PropertyKey[]) => number;
}

/** @throws ConfigurationError naming the file, the line and what to do. */
export async function readOperatorFile(kind: string, path: string): Promise<OperatorFile> {
  const text = await readText(kind, path);
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const [problem] = document.errors;
  if (problem !== undefined) {
    const { line } = lines.linePos(problem.pos[0]);
    throw new ConfigurationError(
      `The ${kind} ${path} is not valid YAML: line ${line}: ${firstLine(problem.message)}`,
      correction(kind, line),
      { cause: problem },
    );
  }
  if (document.contents === null) {
    throw new ConfigurationError(
      `The ${kind} ${path} is empty.`,
      `Put a ${kind} there or point to another file.`,
    );
  }

  return {
    path,
    kind,
    content: document.toJS(),
    lineOf(way) {
      for (let depth = way.length; depth > 0; depth--) {
        const node: unknown = document.getIn(way.slice(0, depth), true);
        const offset = startOf(node);
        if (offset !== null) return lines.linePos(offset).line;
      }
      return 1;
    },
  };
}

/** @throws ConfigurationError for the first field that does not fit. */
export function checkShape<T>(file: OperatorFile, schema: z.ZodType<T>): T {
  const result = schema.safeParse(file.content);
  if (result.success) return result.data;
  const { way, text } = shapeProblem(result.error, file.content, 'the file');
  throw problemAt(file, way, `${text}.`);
}

export function problemAt(
  file: OperatorFile,
  way: readonly PropertyKey[],
  reason: string,
  hint?: string,
): ConfigurationError {
  const line = file.lineOf(way);
  return new ConfigurationError(
    `The ${file.kind} ${file.path} cannot be used: line ${line}: ${reason}`,
    hint ?? correction(file.kind, line),
  );
}

/** Only what talosctl hands out can be fetched again; what the operator wrote by hand cannot. */
const correction = (kind: string, line: number): string =>
  kind === 'talosconfig' || kind === 'kubeconfig'
    ? `Correct line ${line} of the file or fetch a new ${kind}.`
    : `Correct line ${line} of the file; it is not changed by talos-tui.`;

async function readText(kind: string, path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : null;
    if (code === 'ENOENT' || code === 'ENOTDIR') {
      throw new ConfigurationError(
        `There is no ${kind} at ${path}.`,
        `Give the path of an existing ${kind}.`,
        { cause },
      );
    }
    const reason =
      code === 'EACCES' || code === 'EPERM'
        ? 'permission denied'
        : code === 'EISDIR'
          ? 'it is a directory'
          : String(code);
    throw new ConfigurationError(
      `The ${kind} ${path} cannot be read: ${reason}.`,
      'Check its owner and mode, or give another path.',
      { cause },
    );
  }
}

function startOf(node: unknown): number | null {
  if (typeof node !== 'object' || node === null || !('range' in node)) return null;
  return Array.isArray(node.range) && typeof node.range[0] === 'number' ? node.range[0] : null;
}

const firstLine = (text: string): string => text.split('\n', 1)[0] ?? '';
