import { expect, test } from 'vitest';
import { createOutputFlow } from '../../../src/cli/console/output-flow.js';

function fakeStdout(writableLength: number) {
  const blocking: boolean[] = [];
  const stream = { writableLength, _handle: { setBlocking: (on: boolean) => blocking.push(on) } };
  return { stream: stream as unknown as NodeJS.WriteStream, blocking };
}

test('a dead link fills the buffer instead of stopping the program', () => {
  const { stream, blocking } = fakeStdout(0);
  const flow = createOutputFlow(stream);
  flow.unblock();
  flow.block();
  expect(blocking).toEqual([false, true]);
});

test('the terminal counts as behind above 16 KiB of unsent bytes', () => {
  expect(createOutputFlow(fakeStdout(16 * 1024).stream).isBehind()).toBe(false);
  expect(createOutputFlow(fakeStdout(16 * 1024 + 1).stream).isBehind()).toBe(true);
});

test('works without the internal handle, as before', () => {
  const flow = createOutputFlow({ writableLength: 0 } as unknown as NodeJS.WriteStream);
  expect(() => flow.unblock()).not.toThrow();
});
