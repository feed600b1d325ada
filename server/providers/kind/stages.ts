import type { ClusterStage } from '../provider.ts';

// eslint-disable-next-line no-control-regex
const ESCAPES = /\u001b\[[0-9;?]*[A-Za-z]/g;
const EMOJI = /\p{Extended_Pictographic}|\u{fe0f}|\u{200d}/gu;
/** Without a terminal ` • Preparing nodes 📦   ...`; on one, two characters of a spinner before it. */
const BEGINS = /^\s*(?:•\s+(.*?)\s*\.\.\.|[\u2800-\u28ff]{2}\s+(.*?))\s*$/u;
const ENDS = /^\s*([✓✗])\s+(.*?)\s*$/u;

/**
 * Reads what `kind create cluster` prints, with or without a terminal, and tells its stages. Bytes may come cut
 * anywhere; lines that are no stage are kept in `rest` for explanations.
 */
export class StageParser {
  #buffer = '';
  #began = new Map<string, number>();
  #running: { id: string; title: string } | undefined;
  #failed: { id: string; title: string } | undefined;
  #took = new Map<string, number>();
  readonly rest: string[] = [];

  constructor(
    private readonly now: () => number,
    private readonly onStage: (stage: ClusterStage) => void,
  ) {}

  /** The stage that is running now. */
  get running(): { id: string; title: string } | undefined {
    return this.#running;
  }

  feed(chunk: string): void {
    const lines = (this.#buffer + chunk).split(/[\r\n]/);
    this.#buffer = lines.pop() ?? '';
    for (const line of lines) this.#line(line);
  }

  /** The last line may lack its end. */
  finish(): void {
    if (this.#buffer !== '') this.#line(this.#buffer);
    this.#buffer = '';
  }

  /** What kind said of the stage in which it was ended or gave up; false where it gave up before the first. */
  fail(output: string): boolean {
    const stage = this.#running ?? this.#failed;
    if (stage !== undefined) this.#end(stage, 'failed', output);
    return stage !== undefined;
  }

  #line(raw: string): void {
    const line = raw.replace(ESCAPES, '');
    const ends = ENDS.exec(line);
    if (ends !== null) {
      const stage = stageOf(ends[2] ?? '');
      // One that is over at once is never told to begin.
      if (!this.#began.has(stage.id)) this.#begin(stage);
      this.#end(stage, ends[1] === '✓' ? 'done' : 'failed');
      return;
    }
    const begins = BEGINS.exec(line);
    if (begins !== null) {
      const stage = stageOf(begins[1] ?? begins[2] ?? '');
      // A spinner says the same again and again.
      if (!this.#began.has(stage.id)) this.#begin(stage);
      return;
    }
    if (line.trim() !== '') this.rest.push(line.trimEnd());
  }

  #begin(stage: { id: string; title: string }): void {
    this.#began.set(stage.id, this.now());
    this.#running = stage;
    this.onStage({ ...stage, state: 'running' });
  }

  #end(stage: { id: string; title: string }, state: 'done' | 'failed', output?: string): void {
    this.#running = undefined;
    if (state === 'failed') this.#failed = stage;
    const took = this.#took.get(stage.id) ?? this.now() - (this.#began.get(stage.id) ?? this.now());
    this.#took.set(stage.id, took);
    this.onStage({ ...stage, state, took, ...(output === undefined || output === '' ? {} : { output }) });
  }
}

function stageOf(text: string): { id: string; title: string } {
  const title = text.replace(EMOJI, '').replace(/\s+/g, ' ').trim();
  const slug = title.replace(/\(.*\)/, '').replace(/≤ \S+/, '').toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-|-$/g, '');
  return { id: `kind-${slug}`, title };
}
