/** Two sentences in one line; messages of other programs rarely end with a full stop. */
export function sentences(first: string, second: string): string {
  if (first === '' || second === '') return first + second;
  return /[.!?:]$/.test(first) ? `${first} ${second}` : `${first}. ${second}`;
}
