/** Holds back every answer of a machine that accepts TCP and says nothing. */
export class Gate {
  #isShut: boolean;
  #waiting: (() => void)[] = [];

  constructor(isShut: boolean) {
    this.#isShut = isShut;
  }

  get isShut(): boolean {
    return this.#isShut;
  }

  set(isShut: boolean): void {
    this.#isShut = isShut;
    if (isShut) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const run of waiting) run();
  }

  /** Now, or as soon as the machine answers again; never when it does not. */
  whenOpen(run: () => void): void {
    if (this.#isShut) this.#waiting.push(run);
    else run();
  }

  opened(): Promise<void> {
    return new Promise((resolve) => this.whenOpen(resolve));
  }
}
