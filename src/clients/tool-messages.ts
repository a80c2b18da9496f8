import { basename } from 'node:path';
import { kubeMeaning } from './kube-meaning.js';
import type { Meaning } from './meaning.js';
import { talosMeaning } from './talos-meaning.js';

/** Go's logger, flag warnings and version warnings: never the reason why a command failed. */
const NOISE = /^([EWIF]\d{4} \d\d:\d\d:\d\d|Warning: |WARNING: |Flag --)/;

/**
 * The part of stderr that says why. talosctl appends its whole usage text after an empty line when the message
 * happens to contain "flag" or "command" (talos@main: cmd/talosctl/main.go).
 */
export function usefulStderr(stderr: string): string {
  const [beforeUsage = ''] = stderr.split(/\n\s*\nUsage:|^Usage:/m, 1);
  const lines = beforeUsage.split('\n').filter((line) => line.trim() !== '');
  const useful = lines.filter((line) => !NOISE.test(line));
  return (useful.length > 0 ? useful : lines).join('\n');
}

const MEANINGS: Readonly<Record<string, (text: string) => Meaning | null>> = {
  talosctl: talosMeaning,
  kubectl: kubeMeaning,
  helm: kubeMeaning,
};

/** The next step after a failed command. */
export function hintFor(program: string, stderr: string): string {
  return MEANINGS[basename(program)]?.(stderr)?.hint ?? 'Run the same command by hand to see more.';
}
