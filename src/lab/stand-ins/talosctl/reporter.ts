/** talos: pkg/reporter without a terminal: every line that differs from the one before, on stderr. */
export class Reporter {
  #last = '';

  report(message: string): void {
    const line = message.trim().replaceAll('\t', '    ');
    if (line === this.#last) return;
    this.#last = line;
    process.stderr.write(`${line}\n`);
  }
}
