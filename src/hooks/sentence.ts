/** Two sentences in one line; messages of other programs rarely end with a full stop. */
export function sentences(first: string, second: string): string {
  if (first === '' || second === '') return first + second;
  return /[.!?:]$/.test(first) ? `${first} ${second}` : `${first}. ${second}`;
}

export const capitalised = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
