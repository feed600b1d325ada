import type { Clock } from '../lib/clock.ts';
import { messageOf } from '../lib/errors.ts';
import type { StageView } from '../protocol/rest.ts';
import { withStage } from './machine.ts';

/** Output of a failed stage that is shown. */
const SHOWN = 8000;

/** The preparation list of a session. */
export class Stages {
  #list: StageView[] = [];

  constructor(
    private readonly clock: Clock,
    private readonly onStage: (stage: StageView) => void,
  ) {}

  get views(): StageView[] {
    return this.#list;
  }

  clear(): void {
    this.#list = [];
  }

  put(stage: StageView): void {
    this.#list = withStage(this.#list, stage);
    this.onStage(stage);
  }

  /** Does the work as a stage. What it throws is the stage's output: its `output`, where it has one. */
  async run<T>(id: string, title: string, work: () => Promise<T>): Promise<T> {
    const began = this.clock.now();
    this.put({ id, title, state: 'running' });
    try {
      const value = await work();
      this.put({ id, title, state: 'done', took: this.clock.now() - began });
      return value;
    } catch (error) {
      const output = typeof error === 'object' && error !== null && 'output' in error ? String(error.output) : messageOf(error);
      this.put({ id, title, state: 'failed', took: this.clock.now() - began, output: output.slice(-SHOWN) });
      throw error;
    }
  }
}
