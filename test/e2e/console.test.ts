import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type DemoLab, startLab } from '../support/demo.js';
import {
  type ConsoleSession,
  ENTER,
  ESCAPE,
  isHealthy,
  openConsole,
} from '../support/demo-console.js';

let lab: DemoLab;
let console: ConsoleSession;

beforeAll(async () => {
  lab = await startLab();
});

afterAll(() => lab.stop());

describe('watching, at 80×24', () => {
  beforeAll(async () => {
    console = openConsole(lab.env);
    await console.waitFor(isHealthy);
  });

  afterAll(() => console.quit());

  test.each([
    ['2', /MEMBER[\s\S]*talos-cp-0\d +● healthy +leader/],
    ['3', /Virtual address[\s\S]*held by talos-cp-0\d/],
    ['4', /SCHEMATIC[\s\S]*qemu-guest-agent/],
    ['5', /Certificate requests[\s\S]*csr-\w+ +talos-/],
    ['6', /VM +NAME[\s\S]*local-lvm +lvmthin/],
    ['9', /Command log/],
    ['1', /── Cluster ─[\s\S]*3 of 3 healthy, can lose 1/],
  ])('screen %s shows its part of the cluster', async (key, sight) => {
    console.press(key);
    await console.waitFor(sight);
    expect(console.line(23)).toMatch(/\? help/);
  });

  test('a machine opens with Enter and closes with Esc', async () => {
    console.press(`j${ENTER}`);
    await console.waitFor(/● talos-cp-02 +control-plane[\s\S]*v1\.12\.4/);
    console.press(ESCAPE);
    await console.waitFor('── Cluster');
  });

  test('keys that arrive in one burst all count', async () => {
    console.press('gjjj');
    await console.waitFor(/^› talos-w-01/m);
    console.press('k');
    await console.waitFor(/^› talos-cp-03/m);
  });

  test('/ narrows while typing and Esc brings everything back', async () => {
    console.press('/w-0');
    await console.waitFor(
      (screen) => !screen.includes('talos-cp-01  ') && screen.includes('talos-w-01'),
    );
    console.press(ESCAPE);
    await console.waitFor((screen) => isHealthy(screen) && / help/.test(screen));
  });

  test('the palette finds a screen by a few letters', async () => {
    console.press(':proxm');
    await console.waitFor('› proxm');
    console.press(ENTER);
    await console.waitFor('Hosts and storage');
    console.press('1');
    await console.waitFor('── Cluster');
  });

  test('? shows the keys that work here', async () => {
    console.press('?');
    await console.waitFor('Keys of this view');
    console.press(ESCAPE);
    await console.waitFor((screen) => !screen.includes('Keys of this view'));
  });

  test('a resize is followed, too small says so, and 80×24 comes back', async () => {
    console.resize(120, 40);
    await console.waitFor(
      (screen) => /ADDRESS +VERSION +PROBLEM/.test(screen) && /\? help/.test(console.line(39)),
    );
    console.resize(60, 15);
    await console.waitFor(/80.*24/);
    console.resize(80, 24);
    await console.waitFor((screen) => isHealthy(screen) && /\? help/.test(console.line(23)));
  });
});

describe('what happens in the cluster is seen', () => {
  beforeEach(async () => {
    console = openConsole(lab.env, { columns: 120, rows: 40 });
    await console.waitFor(isHealthy);
  });

  afterEach(() => console.quit());

  test('a stopped node is named as the broken layer and heals when it is back', async () => {
    await lab.change('stop-node', 'talos-w-02');
    await console.waitFor(/✖ broken .*talos-w-02/);
    expect(console.text()).toMatch(/talos-cp-01 .*● running .*● Ready/);
    await lab.change('start-node', 'talos-w-02');
    await lab.advance(120);
    await console.waitFor(isHealthy);
  });

  test('the virtual address moves', async () => {
    const holder = /127\.\d+\.0\.20 on (talos-cp-0\d)/.exec(console.text())?.[1] ?? 'nobody';
    const next = holder === 'talos-cp-01' ? 'talos-cp-03' : 'talos-cp-01';
    await lab.change('move-vip', next);
    await console.waitFor(new RegExp(`127\\.\\d+\\.0\\.20 on ${next}`));
  });

  test('a new certificate request is counted at once', async () => {
    await console.waitFor(/2 pending: 2 can be approved/);
    await lab.change('new-csr', 'talos-w-01');
    await console.waitFor(/3 pending: 3 can be approved/);
  });
});

describe('acting', () => {
  beforeEach(async () => {
    console = openConsole(lab.env);
    await console.waitFor(isHealthy);
  });

  afterEach(() => console.quit());

  test('approves every request that passes the rules, until it is issued', async () => {
    console.press('a');
    await console.waitFor('Requests to approve');
    console.press(ENTER);
    await console.waitFor('y start');
    expect(console.text()).toContain('commands exactly');
    await console.pressUntil('y', '── Steps');
    await console.waitFor(/● succeeded/);
    expect(console.text()).toMatch(/issued as requested/);
    console.press(ESCAPE);
    await console.waitFor('── Cluster');
    await console.waitFor(/CSRs +● none pending/);
  });

  test('takes a verified etcd snapshot and shows it in the catalogue', async () => {
    console.press('S');
    await console.pressUntil(ENTER, 'y start');
    await console.pressUntil('y', '── Steps');
    await console.waitFor(/● succeeded/);
    console.press('2');
    await console.waitFor(/── Snapshots ─[\s\S]*verified/);
  });

  test('Esc leaves a confirmation without doing anything', async () => {
    console.press('S');
    await console.pressUntil(ENTER, 'y start');
    console.press(ESCAPE);
    await console.waitFor('── Cluster');
    console.press('9');
    await console.waitFor((screen) => (screen.match(/succeeded/g) ?? []).length === 2);
  });
});
