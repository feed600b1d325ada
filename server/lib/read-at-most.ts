/**
 * All bytes of a stream (a request's body, the body of an answer); undefined where they are more than `limit`: then the
 * rest is not read, and a stream of Node's is destroyed. Text counts as UTF-8. Rejects with the stream's own error.
 */
export async function readAtMost(stream: AsyncIterable<Uint8Array | string>, limit: number): Promise<Buffer<ArrayBuffer> | undefined> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of stream) {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    size += bytes.byteLength;
    if (size > limit) return undefined;
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}
