import { expect, test } from 'vitest';
import { EventTurns, endsPass } from '../../../src/lab/talos/event-turns.js';
import { runWorld } from '../../../src/lab/world/run.js';
import { startTalosTestLab, TalosTestClient } from '../../support/talos-lab.js';

interface EventFrame {
  readonly id: string;
  readonly data: { readonly type_url: string; readonly value: Buffer };
}

const says = (word: string) => (frame: EventFrame) => Buffer.from(frame.data.value).includes(word);

/** A restart that has got as far as this, and a client that has been told so. */
async function turning(kind: 'task' | 'sequence') {
  const lab = await startTalosTestLab();
  runWorld(lab.world);
  const node = lab.node('talos-w-01');
  const client = new TalosTestClient(lab, lab.node('talos-cp-01').address);
  const events = (tail: number) =>
    client.stream<EventFrame>(
      'machine.MachineService/Events',
      { tail_events: tail },
      { node: node.address },
    );
  const watcher = events(-1);
  const first = events(0);
  await first.frameCount(1);
  await client.unary('machine.MachineService/Reboot', {}, { nodes: [node.address] });
  let count = 0;
  while (!node.journal.notes.some(({ what }) => endsPass(what) && what.kind === kind)) {
    count += 1;
    if (count > 1000) throw new Error('The machine does not stop its services.');
    lab.world.clock.advance(100);
  }
  const word = kind === 'task' ? 'stopAllServices' : 'reboot';
  await first.until(({ frames }) => frames.some(says(word)), 'the turn');
  first.cancel();
  const close = async (): Promise<void> => {
    watcher.cancel();
    client.close();
    await lab.close();
  };
  return { lab, node, events, watcher, close };
}

test('a client that turns, and finds the machine restarted meanwhile, has lost its connection', async () => {
  const { lab, node, events, close } = await turning('task');
  const { bootId } = node;
  lab.world.clock.advance(300_000);
  expect(node.bootId).not.toBe(bootId);
  expect(await events(0).ended()).toEqual({
    code: 14,
    details: 'error reading from server: EOF',
  });
  const next = events(0);
  await next.frameCount(1);
  expect(next.end).toBeNull();
  next.cancel();
  const again = events(-1);
  await again.until(({ frames }) => frames.some(says('boot')), 'the events of the new boot');
  again.cancel();
  await close();
});

test('a client that turns within one boot is told what came after its second', async () => {
  const { lab, events, watcher, close } = await turning('sequence');
  await watcher.until(({ frames }) => frames.some(says('reboot')), 'all so far');
  const turned = watcher.frames.length;
  for (let count = 0; count < 30; count += 1) {
    lab.world.clock.advance(100);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  await watcher.until(({ frames }) => frames.length > turned, 'what came after the turn');
  const missed = watcher.frames.at(-1);
  const second = events(0);
  await second.until(({ frames }) => frames.some(({ id }) => id === missed?.id), 'what was missed');
  expect(second.frames.some(says('reboot'))).toBe(false);
  second.cancel();
  await close();
});

test('who comes back is told from one second after it turned, once, for as long as anybody would', async () => {
  const lab = await startTalosTestLab();
  const node = lab.node('talos-w-01');
  let realMs = 0;
  const turns = new EventTurns(() => realMs);
  expect(turns.take(node)).toBeNull();
  turns.note(node, 5000);
  expect(turns.take(node)).toEqual({ bootId: node.bootId, atMs: 6000 });
  expect(turns.take(node)).toBeNull();
  turns.note(node, 5000);
  realMs = 15_001;
  expect(turns.take(node)).toBeNull();
  await lab.close();
});

test.each([
  [{ kind: 'task', task: 'stopAllServices', action: 'START' }, true],
  [{ kind: 'sequence', sequence: 'reboot', action: 'START' }, true],
  [{ kind: 'sequence', sequence: 'upgrade', action: 'START' }, false],
  [{ kind: 'task', task: 'kexecPrepare', action: 'STOP' }, false],
] as const)('%o ends a pass: %s', (what, isEnd) => {
  expect(endsPass(what)).toBe(isEnd);
});
