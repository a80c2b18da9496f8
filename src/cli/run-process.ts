import { runProcess } from '../runs/run-process.js';

// Only what the first journal line needs is imported up to here; the rest comes when it is written.
const exitCode = await runProcess(process.argv[2] ?? '.', async () => {
  const { runWorld } = await import('./run-world.js');
  return runWorld(process.env);
});

// Sockets that somebody still keeps open must not hold a finished run.
process.exit(exitCode);
