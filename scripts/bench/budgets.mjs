// DESIGN §10, by number of machines.
export const SCENARIOS = { 5: '3+2', 100: '5+95', 1000: '5+995' };

export const BUDGETS = {
  firstFrameMs: 180,
  realDataMs: 500,
  changeP95Ms: 150,
  confirmMs: 300,
  keyP50Ms: { quiet: 8, load: 10 },
  keyP99Ms: { quiet: 33, load: 45 },
  bytesPerChange: 300,
  bytesPerKey: 1536,
  bytesPerSecond: 0,
  cpuPercent: { 5: 1, 100: 3 },
  megabytes: { 5: 150, 100: 200, 1000: 400 },
  children: 1,
};
