/** `E1120 10:22:52.333718   22649`: how lines of Go's log begin. */
export function klogHead(severity: 'E' | 'W' = 'E'): string {
  const now = new Date().toISOString();
  return `${severity}${now.slice(5, 7)}${now.slice(8, 10)} ${now.slice(11, 23)}000 ${String(process.pid).padStart(7)}`;
}
