import { LabError, messageOf } from '../lib/errors.ts';
import { fillPlaceholders } from '../protocol/placeholders.ts';
import { pagesOf } from '../scenario/load.ts';
import type { Page } from '../scenario/model.ts';
import { readText, scenarioFile } from '../scenario/read-file.ts';
import { runToEnd } from '../sandbox/run.ts';
import type { Place } from '../sandbox/sandbox.ts';
import { FOREGROUND_FOLDER, foregroundStarter } from '../terminal/foreground.ts';
import { runScriptText, writeFiles } from './files.ts';
import type { Life, SessionInside } from './inside.ts';

/** What opening a page started. */
export interface PageScripts {
  /** Whether a foreground script was typed. */
  typed: boolean;
  /** Rejects when the background script failed. */
  background: Promise<void>;
}

/** As long as a session lasts elsewhere: some background scripts serve something to the end. */
const BACKGROUND_MS = 60 * 60_000;
/** How long a foreground script waits for the learner's shell to be free. */
const PROMPT_MS = 60_000;

/** The text of a script, its placeholders filled with this session's addresses, and /root leading to its home. */
export async function scriptText(session: SessionInside, path: string): Promise<string> {
  const file = await scenarioFile(session.scenario, path);
  const text = file === undefined ? undefined : await readText(file);
  if (text === undefined) throw new LabError('scenario-broken', `${path} is not a file of the scenario`);
  return fillPlaceholders(text, { portUrl: session.deps.portUrl(session.id), ...(session.life === undefined ? {} : { home: session.life.place.homeInside }) });
}

/** Starts a page's scripts, both at once: one that waits for the other's file is common. The foreground one is typed after `before`. */
export async function runPageScripts(session: SessionInside, page: Page, before: Promise<unknown> = Promise.resolve()): Promise<PageScripts> {
  const { life } = session;
  let background: Promise<void> = Promise.resolve();
  if (life === undefined) return { typed: false, background };
  if (page.background !== undefined) {
    background = runBackground(session, life, page, page.background);
    background.catch(() => undefined);
  }
  if (page.foreground === undefined) return { typed: false, background };
  await before;
  try {
    return { typed: await runForeground(session, life, page.id, page.foreground), background };
  } catch (error) {
    session.deps.log.warn({ error: messageOf(error) }, 'a foreground script could not be run');
    return { typed: false, background };
  }
}

/** Beside the learner's shell, in a session of its own; its output goes where scenarios look for it. */
async function runBackground(session: SessionInside, life: Life, page: Page, path: string): Promise<void> {
  await session.stages.run(`${page.id}-background`, 'Preparing in the background', async () => {
    const text = await scriptText(session, path);
    const logs = logsOf(life.place, pagesOf(session.scenario).findIndex((candidate) => candidate.id === page.id));
    const result = await runScriptText(life.place, 'background.sh', text, { timeoutMs: BACKGROUND_MS, signal: life.controller.signal, env: life.cluster?.env ?? {}, logs });
    if (result.code === 0) return;
    const tail = await runToEnd(life.place.command(['/bin/sh', '-c', 'tail -qc 4000 -- "$1" "$2"', 'argo-lab', logs.stdout, logs.stderr]), { timeoutMs: 10_000 });
    throw Object.assign(new LabError('internal', result.timedOut ? `${path} had not ended after an hour` : `${path} ended with exit code ${result.code}`), { output: `${result.stderr}${tail.stdout}` });
  });
}

/** `background0_stdout.log` belongs to the first page. */
function logsOf(place: Place, index: number): { stdout: string; stderr: string } {
  const folder = place.isolation === 'bubblewrap' ? '/var/log/killercoda' : `${place.homeInside}/.argo-lab/log`;
  return { stdout: `${folder}/background${index}_stdout.log`, stderr: `${folder}/background${index}_stderr.log` };
}

/** In the learner's own shell, so that what it sets stays; see terminal/foreground.ts. */
async function runForeground(session: SessionInside, life: Life, pageId: string, path: string): Promise<boolean> {
  const text = await scriptText(session, path);
  if (text.trim() === '') return false;
  const folder = `${life.place.isolation === 'bubblewrap' ? '/run' : `${life.place.homeInside}/.argo-lab`}/${FOREGROUND_FOLDER}`;
  await writeFiles(life.place, [
    { path: `${folder}/.${pageId}.sh`, data: Buffer.from(text) },
    { path: `${folder}/${pageId}`, data: Buffer.from(foregroundStarter(life.place.toolsInside, `${folder}/.${pageId}.sh`)) },
  ]);
  const terminal = life.terminals.first();
  if (terminal === undefined || !(await terminal.prompt(PROMPT_MS))) return false;
  await terminal.run(`. ${folder}/${pageId}`, false);
  return true;
}
