/** Streams of a few nodes per turn of the event loop: keys and frames come in between. */
const NODES_PER_TURN = 4;

/** @returns a function that resolves when it is the caller's turn. */
export function createTurnstile(): () => Promise<void> {
  const waiting: (() => void)[] = [];
  let isTurning = false;

  const turn = () => {
    for (const enter of waiting.splice(0, NODES_PER_TURN)) enter();
    isTurning = waiting.length > 0;
    if (isTurning) setImmediate(turn);
  };
  return () =>
    new Promise((resolve) => {
      waiting.push(resolve);
      if (isTurning) return;
      isTurning = true;
      setImmediate(turn);
    });
}
