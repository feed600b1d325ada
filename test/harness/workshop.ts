import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { configFrom } from '../../server/config.ts';
import type { RunReport } from '../../server/runner/outcome.ts';
import { runAll, type RunAllOptions } from '../../server/runner/run-all.ts';
import type { RunEvent } from '../../server/runner/report.ts';
import { flatten, select } from '../../server/runner/select.ts';
import type { Workshop } from '../../server/runner/workshop.ts';
import { openWorkshop } from '../../server/wire.ts';

/** A lab without a site, in a folder of its own. */
export interface TestWorkshop {
  workshop: Workshop;
  /** Runs what `argo-lab test` would run. */
  run(options?: Partial<RunAllOptions> & { only?: string[] }, onEvent?: (event: RunEvent) => void): Promise<RunReport>;
  close(): Promise<void>;
}

export async function openTestWorkshop(folders: readonly string[], sandbox: 'auto' | 'none' = 'auto', cluster: 'embedded' | 'none' = 'embedded'): Promise<TestWorkshop> {
  const data = await mkdtemp(join(tmpdir(), 'workshop-'));
  const workshop = await openWorkshop(configFrom({ data, sandbox, cluster, maxSessions: '1000', logLevel: 'silent' }, folders, {}));
  return {
    workshop,
    async run({ only = [], ...options } = {}, onEvent = () => {}) {
      const chosen = select(flatten(await workshop.content.courses()), only, undefined);
      return runAll(workshop, chosen, { limitMs: 60_000, jobs: 2, repeat: 1, bail: false, compare: false, folders, from: process.cwd(), has: 'all', signal: new AbortController().signal, ...options }, onEvent);
    },
    async close() {
      await workshop.close();
      await rm(data, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** `step2/before: check-passes-early`, … of everything that failed, in the order of the report. */
export function failures(report: RunReport): Record<string, string[]> {
  const out: Record<string, string[]> = {};
  for (const outcome of report.scenarios) {
    for (const page of outcome.pages) {
      for (const one of page.cases) {
        const codes = one.findings.filter((finding) => finding.severity === 'error').map((finding) => finding.code);
        if (codes.length > 0) out[`${outcome.id} ${one.id}`] = codes;
      }
    }
  }
  return out;
}
