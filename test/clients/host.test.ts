import { hostname, totalmem } from 'node:os';
import { expect, test } from 'vitest';
import { readHostFacts } from '../../src/clients/host.js';

test('tells the facts of this machine', async () => {
  const facts = await readHostFacts();

  expect(facts.hostname).toBe(hostname());
  expect(facts.isRoot).toBe(process.getuid?.() === 0);
  expect(facts.cpuCount).toBeGreaterThan(0);
  expect(facts.memoryTotalBytes).toBe(totalmem());
  expect(facts.memoryUsedBytes).toBeGreaterThan(0);
  expect(facts.memoryUsedBytes).toBeLessThan(facts.memoryTotalBytes);
});
