import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { validateCheck } from '../checks/index.ts';
import { writeFileAtomic } from '../lib/atomic-file.ts';
import { systemClock } from '../lib/clock.ts';
import { REPORT_FORMATS, RULES, type ReportFormat, formatFindings, lintFolders } from '../scenario/lint/index.ts';

export interface LintFlags {
  format: string;
  json?: boolean;
  out?: string;
  strict?: boolean;
  rule?: string[];
  list?: boolean;
  cluster: string;
}

const CLUSTERS = ['embedded', 'kind', 'existing', 'none'];

/** `argo-lab lint`: 0 where nothing is wrong, 1 with errors (with --strict, warnings as well), 2 for wrong use. */
export async function lint(folders: readonly string[], flags: LintFlags): Promise<number> {
  const wrong = (message: string) => {
    process.stderr.write(`argo-lab lint: ${message}\n`);
    return 2;
  };
  if (flags.list === true) {
    process.stdout.write(RULES.map(({ code, severity, finds }) => `${code.padEnd(24)}${severity.padEnd(9)}${finds}\n`).join(''));
    return 0;
  }
  const format: ReportFormat | undefined = flags.json === true ? 'json' : REPORT_FORMATS.find((known) => known === flags.format);
  if (format === undefined) return wrong(`there is no format ${flags.format}; there are ${REPORT_FORMATS.join(', ')}`);
  if (!CLUSTERS.includes(flags.cluster)) return wrong(`--cluster takes ${CLUSTERS.join(', ')}, not ${flags.cluster}`);
  const unknown = (flags.rule ?? []).find((code) => !RULES.some((rule) => rule.code === code));
  if (unknown !== undefined) return wrong(`there is no rule ${unknown}; --list shows them`);
  const cwd = process.cwd();
  const given = folders.length === 0 ? ['.'] : folders;
  const missing = given.find((folder) => !existsSync(resolve(cwd, folder)));
  if (missing !== undefined) return wrong(`there is no folder ${missing}`);

  const started = systemClock.now();
  const embedded = flags.cluster === 'embedded';
  const result = await lintFolders(given, cwd, validateCheck, { offline: embedded, ...(embedded ? { images: catalogue() } : {}) });
  const only = flags.rule === undefined ? undefined : new Set(flags.rule);
  const shown = only === undefined ? result : { ...result, findings: result.findings.filter((finding) => only.has(finding.code)) };
  const report = formatFindings(shown, format, { took: systemClock.now() - started, colour: flags.out === undefined && process.stdout.isTTY === true && process.env['NO_COLOR'] === undefined });
  if (flags.out === undefined) await written(report);
  else {
    await mkdir(dirname(resolve(cwd, flags.out)), { recursive: true });
    await writeFileAtomic(resolve(cwd, flags.out), report, 0o644);
  }
  const fails = (severity: string) => severity === 'error' || (flags.strict === true && severity === 'warning');
  return shown.findings.some((finding) => fails(finding.severity)) ? 1 : 0;
}

/** Loaded once, and only when a scenario names an image. */
function catalogue(): () => Promise<(image: string) => boolean> {
  let loaded: Promise<(image: string) => boolean> | undefined;
  return () => (loaded ??= import('../cluster/vocabulary.ts').then(({ imageCatalogue }) => imageCatalogue()));
}

/** Resolves when all of it is out: a long report into a pipe must not be cut off when the process ends. */
function written(text: string): Promise<void> {
  return new Promise((done) => {
    process.stdout.once('error', () => done());
    process.stdout.write(text, () => done());
  });
}
