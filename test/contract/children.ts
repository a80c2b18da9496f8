import type { ChildProcess } from 'node:child_process';

const living = new Set<ChildProcess>();

process.once('exit', () => {
  for (const child of living) child.kill('SIGKILL');
});

/** Whatever ends us ends them. */
export function endWithUs(child: ChildProcess): void {
  living.add(child);
  child.once('close', () => living.delete(child));
}
