/** An error that is nobody's fault but ours: it is told as such, never dressed up. */
export const bugText = (error: unknown): string =>
  `This is a bug in talos-tui: ${error instanceof Error ? error.message : String(error)}`;

export const BUG_HINT = 'Report it with the file process.log of this run.';
