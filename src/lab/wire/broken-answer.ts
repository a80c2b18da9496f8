import type { ServerResponse } from 'node:http';

/** The whole body, or its beginning and then a connection that is gone. */
export function endOrBreak(response: ServerResponse, body: Buffer, bytes: number | null): void {
  if (bytes === null || bytes >= body.length) {
    response.end(body);
    return;
  }
  if (bytes === 0) {
    response.destroy();
    return;
  }
  response.write(body.subarray(0, bytes), () => response.destroy());
}
