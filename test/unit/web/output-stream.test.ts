import { describe, expect, it } from 'vitest';
import { ACK_STEP, parsed, receive, restart } from '../../../web/terminal/output-stream.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (data: Uint8Array | undefined) => (data === undefined ? undefined : new TextDecoder().decode(data));

describe('the output of a terminal', () => {
  it('is written once, in order', () => {
    const first = receive(restart(0), 0, bytes('hello '));
    const second = receive(first.stream, 6, bytes('world'));
    expect([text(first.write), text(second.write), second.stream]).toEqual(['hello ', 'world', { received: 11, parsed: 0, acked: 0 }]);
  });

  it('is cut where a frame after re-attaching repeats what is there', () => {
    const { stream } = receive(restart(0), 0, bytes('hello '));
    const again = receive(stream, 2, bytes('llo world'));
    expect([text(again.write), again.stream.received, again.gap]).toEqual(['world', 11, false]);
  });

  it('drops a frame that is wholly known', () => {
    const { stream } = receive(restart(0), 0, bytes('hello'));
    expect(receive(stream, 0, bytes('hel'))).toEqual({ stream, write: undefined, gap: false });
  });

  it('notices missing bytes and writes nothing after them', () => {
    expect(receive(restart(10), 12, bytes('x'))).toEqual({ stream: restart(10), write: undefined, gap: true });
  });

  it('is acknowledged when xterm has caught up', () => {
    const { stream } = receive(restart(0), 0, bytes('hello'));
    expect(parsed(stream, 5)).toEqual({ stream: { received: 5, parsed: 5, acked: 5 }, ack: 5 });
  });

  it('is acknowledged only each 32 KiB while more is on its way', () => {
    const { stream } = receive(restart(0), 0, new Uint8Array(3 * ACK_STEP));
    const early = parsed(stream, 100);
    const later = parsed(early.stream, ACK_STEP);
    expect([early.ack, later.ack]).toEqual([undefined, ACK_STEP]);
  });
});
