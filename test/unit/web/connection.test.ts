import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../../server/lib/clock.ts';
import { encodeOutput } from '../../../server/protocol/ws.ts';
import type { ServerMessage } from '../../../server/protocol/ws.ts';
import { TerminalConnection } from '../../../web/terminal/connection.ts';
import type { Screen, SocketLike } from '../../../web/terminal/connection.ts';

/** A screen that keeps what was written; `parseAll` reports it as parsed. */
class FakeScreen implements Screen {
  text = '';
  size = '';
  #pending: (() => void)[] = [];

  write(data: Uint8Array | string, done: () => void): void {
    this.text += typeof data === 'string' ? data : new TextDecoder().decode(data);
    this.#pending.push(done);
  }
  parseAll(): void {
    for (const done of this.#pending.splice(0)) done();
  }
  reset(columns: number, rows: number): void {
    this.text = '';
    this.resize(columns, rows);
  }
  resize(columns: number, rows: number): void {
    this.size = `${columns}x${rows}`;
  }
  fitting() {
    return { columns: 100, rows: 30 };
  }
}

class FakeSocket implements SocketLike {
  readyState = 1;
  sent: unknown[] = [];
  #on: Parameters<SocketLike['listen']>[0];

  send(data: string | Uint8Array): void {
    this.sent.push(typeof data === 'string' ? JSON.parse(data) : new TextDecoder().decode(data));
  }
  close(): void {
    this.readyState = 3;
  }
  listen(on: Parameters<SocketLike['listen']>[0]): void {
    this.#on = on;
  }
  say(message: ServerMessage): void {
    this.#on?.message(JSON.stringify(message));
  }
  output(offset: number, text: string): void {
    const frame = encodeOutput(offset, new TextEncoder().encode(text));
    this.#on?.message(frame.buffer);
  }
  breakOff(): void {
    this.readyState = 3;
    this.#on?.close();
  }
}

function open() {
  const clock = new ManualClock();
  const screen = new FakeScreen();
  const sockets: { socket: FakeSocket; offset: number | undefined }[] = [];
  const connection = new TerminalConnection({
    screen,
    timers: clock,
    connect: (offset) => {
      const socket = new FakeSocket();
      sockets.push({ socket, offset });
      return socket;
    },
  });
  const last = () => {
    const entry = sockets.at(-1);
    if (entry === undefined) throw new Error('no socket was opened');
    return entry;
  };
  return { clock, screen, sockets, connection, last };
}

const attached = (offset: number): ServerMessage => ({ type: 'attached', offset, columns: 80, rows: 24 });

describe('a connection to a terminal', () => {
  it('is made anew where it left off when the page has slept, though nothing said that it broke', () => {
    const { screen, last, connection, sockets } = open();
    const { socket } = last();
    socket.say(attached(0));
    socket.output(0, 'lab$ ');
    screen.parseAll();
    connection.again();
    last().socket.say(attached(5));
    socket.output(5, 'from the dead socket');
    last().socket.output(5, 'ls');
    screen.parseAll();
    expect({ offsets: sockets.map(({ offset }) => offset), old: socket.readyState, text: screen.text, state: connection.state.value }).toEqual({ offsets: [undefined, 5], old: 3, text: 'lab$ ls', state: 'open' });
  });
  it('asks for the size that fits, then draws and acknowledges what is parsed', () => {
    const { screen, last, connection } = open();
    const { socket, offset } = last();
    socket.say(attached(0));
    socket.output(0, 'lab$ ');
    screen.parseAll();
    expect({ offset, text: screen.text, size: screen.size, state: connection.state.value, sent: socket.sent }).toEqual({
      offset: undefined,
      text: 'lab$ ',
      size: '80x24',
      state: 'open',
      sent: [
        { type: 'resize', columns: 100, rows: 30 },
        { type: 'ack', offset: 5 },
      ],
    });
  });

  it('types a block only after it is attached, so that nothing clicked early is lost', () => {
    const { last, connection } = open();
    connection.run('kubectl get pods', false);
    const before = [...last().socket.sent];
    last().socket.say(attached(0));
    expect([before, last().socket.sent.at(-1)]).toEqual([[], { type: 'run', code: 'kubectl get pods', interrupt: false }]);
  });

  it('comes back after a break from the byte it had parsed, and writes no byte twice', () => {
    const { clock, screen, last, connection } = open();
    last().socket.say(attached(0));
    last().socket.output(0, 'one ');
    screen.parseAll();
    last().socket.output(4, 'two ');
    last().socket.breakOff();
    const lost = connection.state.value;
    clock.advance(250);
    const { socket, offset } = last();
    socket.say(attached(4));
    socket.output(4, 'two three');
    screen.parseAll();
    expect([lost, offset, screen.text, connection.state.value]).toEqual(['lost', 4, 'one two three', 'open']);
  });

  it('waits longer before each further try', () => {
    const { clock, sockets, last } = open();
    const counts: number[] = [];
    for (const pause of [250, 500, 1000]) {
      last().socket.breakOff();
      clock.advance(pause - 1);
      counts.push(sockets.length);
      clock.advance(1);
      counts.push(sockets.length);
    }
    expect(counts).toEqual([1, 2, 2, 3, 3, 4]);
  });

  it('takes a serialized screen in place of what it has', () => {
    const { screen, last } = open();
    last().socket.say(attached(0));
    last().socket.output(0, 'old');
    last().socket.say({ type: 'screen', offset: 9000, columns: 80, rows: 24, data: 'restored' });
    last().socket.output(9000, '!');
    screen.parseAll();
    expect([screen.text, last().socket.sent.slice(-2)]).toEqual(['restored!', [{ type: 'resize', columns: 100, rows: 30 }, { type: 'ack', offset: 9001 }]]);
  });

  it('counts as attached by a screen alone, and types what waited', () => {
    const { last, connection } = open();
    connection.run('ls', false);
    last().socket.say({ type: 'screen', offset: 5, columns: 80, rows: 24, data: '' });
    expect([connection.state.value, last().socket.sent]).toEqual([
      'open',
      [
        { type: 'resize', columns: 100, rows: 30 },
        { type: 'run', code: 'ls', interrupt: false },
      ],
    ]);
  });

  it('takes the size that the server decides', () => {
    const { screen, last } = open();
    last().socket.say(attached(0));
    last().socket.say({ type: 'size', columns: 90, rows: 20 });
    expect(screen.size).toBe('90x20');
  });

  it('attaches anew when bytes are missing', () => {
    const { screen, sockets, last } = open();
    last().socket.say(attached(0));
    last().socket.output(0, 'a');
    screen.parseAll();
    last().socket.output(5, 'z');
    expect([sockets.length, last().offset, screen.text]).toEqual([2, 1, 'a']);
  });

  it('says how the shell ended and does not connect again', () => {
    const { clock, sockets, last, connection } = open();
    last().socket.say(attached(0));
    last().socket.say({ type: 'exit', code: 3 });
    last().socket.breakOff();
    clock.advance(60_000);
    expect([connection.state.value, connection.exit.value, sockets.length]).toEqual(['exited', { code: 3, signal: undefined }, 1]);
  });

  it('drops what is typed while the connection is lost', () => {
    const { last, connection } = open();
    last().socket.say(attached(0));
    last().socket.breakOff();
    connection.input(new TextEncoder().encode('rm -rf x'));
    expect(last().socket.sent).toEqual([{ type: 'resize', columns: 100, rows: 30 }]);
  });
});
