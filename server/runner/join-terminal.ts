import type { ReadStream, WriteStream } from 'node:tty';
import { decodeOutput } from '../protocol/ws.ts';
import type { Attachment, TerminalHub } from '../terminal/terminal.ts';
import { plainText } from './plain-text.ts';
import { LAB_COMMANDS, labCommand, type LabCommand, LAB_HELP, type ScenarioRecorder } from './recorder.ts';
import type { Cast } from './recording.ts';
import { Slice } from './slice.ts';

/** Ctrl-], as telnet has it. */
const ESCAPE = 0x1d;
const KEPT = 64 * 1024;

export interface JoinOptions {
  hub: TerminalHub;
  input: ReadStream;
  output: WriteStream;
  recorder: ScenarioRecorder;
  cast: Cast;
  /** Somebody wants the process to end. */
  stopped: Promise<unknown>;
}

/** Joins a person's own terminal to a session's, until the recording is over or the shell ends. */
export async function joinTerminal({ hub, input, output, recorder, cast, stopped }: JoinOptions): Promise<void> {
  // So that bash does not say that there is no such command.
  await hub.run(`${LAB_COMMANDS.map((word) => `${word}() { :; }`).join('; ')}; clear`, false);
  await hub.prompt(5000);
  await new Promise<void>((resolve) => {
    let slice: Slice | undefined;
    let escaped = false;
    let busy: Promise<void> = Promise.resolve();
    const lab = (command: LabCommand) => {
      busy = busy.then(() => recorder.lab(command)).then(() => {
        if (recorder.over) finish();
        else attachment.input(Buffer.from('\r'));
      });
    };
    const stopMarks = hub.watchMarks((mark, offset) => {
      if (mark.type === 'start') {
        slice ??= new Slice(KEPT, offset, plainText);
        slice.begin(offset);
        return;
      }
      const done = slice;
      slice = undefined;
      if (mark.command === undefined) return;
      const word = labCommand(mark.command);
      if (word !== undefined) {
        lab(word);
        return;
      }
      done?.end(offset);
      const { command, exitCode } = mark;
      // The last bytes of its answer come right behind the mark.
      setImmediate(() => recorder.ran({ command, exitCode, output: done?.text() ?? '' }));
    });
    const attachment: Attachment = hub.attach(
      {
        output: (frame) => {
          const { offset, bytes } = decodeOutput(frame);
          slice?.push(offset, bytes);
          cast.output(bytes);
          output.write(bytes);
          // Not from within: the terminal counts these bytes as sent only when this returns.
          queueMicrotask(() => attachment.ack(offset + bytes.byteLength));
        },
        message: (message) => {
          if (message.type === 'exit') finish();
          if (message.type !== 'screen') return;
          output.write(message.data);
          attachment.ack(message.offset);
        },
      },
      hub.end,
    );
    const resize = () => attachment.resize(output.columns, output.rows);
    const onInput = (bytes: Buffer) => {
      const key = escaped ? bytes.toString('latin1')[0] : undefined;
      if (key !== undefined) {
        escaped = false;
        const command = LAB_COMMANDS.find((word) => word.startsWith(key.toLowerCase()));
        if (command === undefined) output.write(`\r\n· ${LAB_HELP}\r\n`);
        else lab(command);
      } else if (bytes.length === 1 && bytes[0] === ESCAPE) {
        escaped = true;
        output.write(`\r\n· ${LAB_HELP}: its first letter?\r\n`);
      } else attachment.input(bytes);
    };
    let over = false;
    const finish = () => {
      if (over) return;
      over = true;
      input.off('data', onInput);
      input.setRawMode(false);
      input.pause();
      output.off('resize', resize);
      stopMarks();
      attachment.detach();
      resolve();
    };
    void stopped.then(finish);
    input.setRawMode(true);
    input.resume();
    input.on('data', onInput);
    output.on('resize', resize);
    resize();
    attachment.input(Buffer.from('\r'));
  });
}
