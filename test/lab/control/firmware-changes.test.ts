import { expect, onTestFinished, test } from 'vitest';
import { knownValue } from '../../../src/model/reading.js';
import { startInspectedLab } from '../../support/inspected-lab.js';

test('a node of a legacy BIOS is booted by GRUB: it says so itself, and still knows its partitions', async () => {
  const lab = await startInspectedLab('1+1');
  onTestFinished(lab.close);
  const nodes = [lab.address('talos-cp-01'), lab.address('talos-w-01')];
  expect(lab.change('legacy-bios talos-w-01')).toBe('GRUB boots talos-w-01.');

  const inspection = await lab.inspect({ nodes });
  const [untouched, changed] = nodes.map((address) => {
    const reading = inspection.nodes.get(address);
    return reading === undefined ? undefined : knownValue(reading);
  });
  expect(untouched?.isUki).toBe(true);
  expect(changed?.isUki).toBe(false);
  expect(changed?.partitions.map(({ label }) => label)).toContain('BIOS');
  expect(changed?.ephemeral?.phase).toBe('ready');
});
