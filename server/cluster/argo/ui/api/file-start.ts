import { failure, headers, reach } from './client.ts';

export interface FileStart {
  /** The media type, without parameters. */
  type: string;
  /** Undefined where the bytes are no text. */
  text: string | undefined;
  /** Nothing comes after `text`. */
  whole: boolean;
}

const START_BYTES = 64 * 1024;

/** The beginning of a file that the server hands out, 64 KiB at most. */
export async function fetchStart(address: string, signal: AbortSignal): Promise<FileStart> {
  const response = await reach(address, { headers: headers('*/*'), credentials: 'same-origin', signal });
  if (!response.ok) throw await failure(response);
  const type = (response.headers.get('content-type') ?? '').replace(/;.*$/, '').trim();
  const reader = response.body?.getReader();
  const bytes: number[] = [];
  let whole = true;
  for (let part = await reader?.read(); part?.value !== undefined; part = await reader?.read()) {
    for (const byte of part.value) bytes.push(byte);
    if (bytes.length <= START_BYTES) continue;
    whole = false;
    await reader?.cancel();
    break;
  }
  const start = new Uint8Array(bytes.slice(0, START_BYTES));
  return { type, text: textOf(start), whole };
}

/** Bytes as text; undefined where they are something else. A letter that was cut at the end is left out. */
export function textOf(bytes: Uint8Array): string | undefined {
  if (bytes.includes(0)) return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: true });
  } catch {
    return undefined;
  }
}
