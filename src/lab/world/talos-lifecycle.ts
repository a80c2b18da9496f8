import { laterInLife } from './life.js';
import { touchNode } from './node.js';
import { runInstaller } from './talos-upgrade.js';
import type { LabNode, World } from './types.js';

/** Between two lines of the installer, and before its end: it writes the boot assets meanwhile. */
const LINE_MS = 350;
const WRITE_MS = 7500;

export interface InstallerListener {
  /** One line as the installer's logger prints it. */
  readonly line: (text: string) => void;
  readonly exit: (code: number) => void;
}

/**
 * talos: internal/app/lifecycle. The node goes on serving; nobody who listens is needed for the installer to end. With
 * exit code 0 the node is armed: its next boot is the new image.
 */
export function startInstaller(
  world: World,
  node: LabNode,
  reference: string,
  listener: InstallerListener,
): void {
  const say = (text: string): void => node.journal.say(world.clock.now(), text);
  const line = (text: string): void => {
    say(`upgrade progress {"component": "lifecycle", "message": ${JSON.stringify(text)}}`);
    listener.line(`${goLogTime(world.clock.now())} ${text}`);
  };
  say(`starting upgrade: installer_image=${reference}, disk=/dev/sda`);
  laterInLife(world, node, LINE_MS, () => {
    line(`running Talos installer ${/:(v[^:]+)$/.exec(reference)?.[1] ?? ''}`);
    laterInLife(world, node, WRITE_MS, () => {
      const { lines, failure } = runInstaller(world, node, reference);
      for (const text of lines.slice(1)) line(text);
      if (failure !== null) listener.line(`Error: ${failure}`);
      const code = failure === null ? 0 : 1;
      say(`upgrade ${code === 0 ? 'completed successfully' : 'failed'}: exit_code=${code}`);
      touchNode(world, node);
      listener.exit(code);
    });
  });
}

/** Go's log package: `2026/11/20 08:00:00`. */
const goLogTime = (atMs: number): string =>
  new Date(atMs).toISOString().slice(0, 19).replace('T', ' ').replaceAll('-', '/');
