import { basename, dirname, resolve } from 'node:path';
import { validateCheck } from '../checks/index.ts';
import { writeFileAtomic } from '../lib/atomic-file.ts';
import { systemIds } from '../lib/ids.ts';
import { exportHtml, exportMarkdown, exportZip } from '../scenario/export/index.ts';
import { indexIn } from '../scenario/index-name.ts';
import { loadScenario } from '../scenario/load.ts';

export interface ExportFlags {
  format: string;
  out?: string;
  json?: boolean;
}

const EXTENSIONS: Readonly<Record<string, string>> = { markdown: 'md', html: 'html', zip: 'zip' };

/** `argo-lab export`: 0 when written, 1 when the scenario is broken, 2 for wrong use. */
export async function exportScenario(path: string, flags: ExportFlags): Promise<number> {
  const say = (message: string) => process.stderr.write(`argo-lab export: ${message}\n`);
  const extension = Object.hasOwn(EXTENSIONS, flags.format) ? EXTENSIONS[flags.format] : undefined;
  if (extension === undefined) {
    say(`there is no format ${flags.format}; there are ${Object.keys(EXTENSIONS).join(', ')}`);
    return 2;
  }
  const folder = resolve(path.replace(/\/index\.(?:json|ya?ml)$/, ''));
  if (indexIn(folder) === undefined) {
    say(`${path} is no scenario: name a folder with an index.json`);
    return 2;
  }
  const name = basename(folder);
  const { scenario, problems } = await loadScenario(folder, name, validateCheck);
  if (scenario === undefined) {
    for (const problem of problems) say(`${problem.file}${problem.line === undefined ? '' : `:${problem.line}:${problem.column ?? 1}`} ${problem.field ?? ''} ${problem.message}`);
    return 1;
  }
  const out = flags.out === '-' ? undefined : resolve(flags.out ?? `${name}.${extension}`);
  let left: string[] = [];
  let data: string | Uint8Array;
  if (flags.format === 'zip') ({ data, left } = await exportZip(scenario, name));
  else if (flags.format === 'html') data = await exportHtml(scenario, systemIds);
  else data = await exportMarkdown(scenario, out === undefined ? process.cwd() : dirname(out));
  if (out === undefined) {
    await new Promise<void>((done) => process.stdout.write(data, () => done()));
    return 0;
  }
  await writeFileAtomic(out, data, 0o644);
  if (flags.json === true) process.stdout.write(`${JSON.stringify({ file: out, bytes: Buffer.byteLength(data), notCarriedOver: left })}\n`);
  else {
    process.stdout.write(`${out} (${Math.ceil(Buffer.byteLength(data) / 1024)} kB)\n`);
    if (left.length > 0) process.stdout.write(`Not carried over:\n${left.map((line) => `  ${line}\n`).join('')}`);
  }
  return 0;
}
