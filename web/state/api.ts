import { z } from 'zod';
import { AuthorView, CheckReport, ClockView, CoursesView, ErrorBody, NearMissView, QuizVerdict, ScenarioView, SessionView, TerminalView } from '../../server/protocol/rest.ts';
import { FileView, FolderView, MovedFile, SavedFile } from '../../server/protocol/workbench.ts';
import type { SaveFile } from '../../server/protocol/workbench.ts';

/** What the lab answered when it did not do what was asked. `code` is `network` when it did not answer at all. */
export class ApiError extends Error {
  readonly code: string;
  readonly status: number;
  readonly next: string | undefined;

  constructor(status: number, code: string, message: string, next?: string) {
    super(message);
    this.name = 'ApiError';
    this.status = status;
    this.code = code;
    this.next = next;
  }
}

export type Fetch = (path: string, init: RequestInit) => Promise<Response>;

/** The lab's REST interface as functions; paths and shapes are those of server/protocol/rest.ts. */
export class LabApi {
  readonly #fetch: Fetch;

  constructor(fetch: Fetch) {
    this.#fetch = fetch;
  }

  courses(): Promise<CoursesView> {
    return this.#json(CoursesView, 'GET', '/api/courses');
  }
  scenario(id: string, language?: string): Promise<ScenarioView> {
    return this.#json(ScenarioView, 'GET', withLanguage(`/api/scenarios/${encodeURIComponent(id)}`, language));
  }
  /** A recording of the scenario, asciicast v2. */
  async recording(id: string): Promise<string> {
    return (await this.#send('GET', `/api/scenarios/${encodeURIComponent(id)}/recording`)).text();
  }
  startSession(scenario: string, provider?: string): Promise<SessionView> {
    return this.#json(SessionView, 'POST', '/api/sessions', { scenario, ...(provider === undefined ? {} : { provider }) });
  }
  session(sid: string): Promise<SessionView> {
    return this.#json(SessionView, 'GET', sessionPath(sid));
  }
  endSession(sid: string): Promise<void> {
    return this.#empty('DELETE', sessionPath(sid));
  }
  resetSession(sid: string, provider?: string): Promise<SessionView> {
    return this.#json(SessionView, 'POST', `${sessionPath(sid)}/reset`, provider === undefined ? {} : { provider });
  }
  /** A new cluster under the same terminals and files. */
  continueSession(sid: string, provider: string): Promise<SessionView> {
    return this.#json(SessionView, 'POST', `${sessionPath(sid)}/continue`, { provider });
  }
  /** What time it is in the cluster, after its clock was moved forward by these seconds. */
  clock(sid: string, advance: number): Promise<ClockView> {
    return advance === 0 ? this.#json(ClockView, 'GET', `${sessionPath(sid)}/clock`) : this.#json(ClockView, 'POST', `${sessionPath(sid)}/clock`, { advance });
  }
  openPage(sid: string, page: string): Promise<SessionView> {
    return this.#json(SessionView, 'POST', `${sessionPath(sid)}/steps/${encodeURIComponent(page)}/open`);
  }
  check(sid: string, page: string, language?: string): Promise<CheckReport> {
    return this.#json(CheckReport, 'POST', withLanguage(`${sessionPath(sid)}/steps/${encodeURIComponent(page)}/check`, language));
  }
  answerQuiz(sid: string, page: string, quiz: string, answers: string[]): Promise<QuizVerdict> {
    return this.#json(QuizVerdict, 'POST', `${sessionPath(sid)}/steps/${encodeURIComponent(page)}/quiz`, { quiz, answers });
  }
  folder(sid: string, path: string): Promise<FolderView> {
    return this.#json(FolderView, 'GET', `${sessionPath(sid)}/files?path=${encodeURIComponent(path)}`);
  }
  file(sid: string, path: string): Promise<FileView> {
    return this.#json(FileView, 'GET', `${sessionPath(sid)}/files/content?path=${encodeURIComponent(path)}`);
  }
  saveFile(sid: string, path: string, file: SaveFile): Promise<SavedFile> {
    return this.#json(SavedFile, 'PUT', `${sessionPath(sid)}/files/content?path=${encodeURIComponent(path)}`, file);
  }
  moveFile(sid: string, path: string, to: string): Promise<MovedFile> {
    return this.#json(MovedFile, 'PATCH', `${sessionPath(sid)}/files?path=${encodeURIComponent(path)}`, { to });
  }
  deleteFile(sid: string, path: string): Promise<void> {
    return this.#empty('DELETE', `${sessionPath(sid)}/files?path=${encodeURIComponent(path)}`);
  }
  author(id: string): Promise<AuthorView> {
    return this.#json(AuthorView, 'GET', `/api/author/scenarios/${encodeURIComponent(id)}`);
  }
  /** Answers at once; how it goes comes as events `author`. */
  jumpTo(sid: string, page: string): Promise<SessionView> {
    return this.#json(SessionView, 'POST', `${sessionPath(sid)}/author/jump`, { page });
  }
  runSolution(sid: string, page: string): Promise<SessionView> {
    return this.#json(SessionView, 'POST', `${sessionPath(sid)}/author/solution`, { page });
  }
  runNearMiss(sid: string, page: string, index: number): Promise<NearMissView> {
    return this.#json(NearMissView, 'POST', `${sessionPath(sid)}/author/near-miss`, { page, index });
  }
  /** `id: '3'` is the third terminal, the one that is open where it is. */
  addTerminal(sid: string, wanted: { name?: string; id?: string; command?: string | undefined }): Promise<TerminalView> {
    return this.#json(TerminalView, 'POST', `${sessionPath(sid)}/terminals`, wanted);
  }
  renameTerminal(sid: string, tid: string, name: string): Promise<TerminalView> {
    return this.#json(TerminalView, 'PATCH', terminalPath(sid, tid), { name });
  }
  closeTerminal(sid: string, tid: string): Promise<void> {
    return this.#empty('DELETE', terminalPath(sid, tid));
  }

  async #json<T>(shape: z.ZodType<T>, method: string, path: string, body?: unknown): Promise<T> {
    const response = await this.#send(method, path, body);
    const parsed = shape.safeParse(await response.json().catch(() => undefined));
    if (!parsed.success) throw new ApiError(response.status, 'unexpected', `The lab answered ${method} ${path} with something this page does not understand: ${z.prettifyError(parsed.error)}`, 'Reload the page: it may be older than the lab.');
    return parsed.data;
  }

  async #empty(method: string, path: string): Promise<void> {
    await this.#send(method, path);
  }

  async #send(method: string, path: string, body?: unknown): Promise<Response> {
    const headers: Record<string, string> = { accept: 'application/json' };
    // A header that no form and no other origin can send without our leave (see server/protocol/rest.ts).
    if (method !== 'GET') headers['x-argo-lab'] = '1';
    if (body !== undefined) headers['content-type'] = 'application/json';
    let response: Response;
    try {
      response = await this.#fetch(path, { method, headers, credentials: 'same-origin', ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
    } catch {
      throw new ApiError(0, 'network', 'The lab does not answer.', 'Is argo-lab still running in the shell where you started it?');
    }
    if (response.ok) return response;
    const parsed = ErrorBody.safeParse(await response.json().catch(() => undefined));
    if (parsed.success) throw new ApiError(response.status, parsed.data.error.code, parsed.data.error.message, parsed.data.error.next);
    throw new ApiError(response.status, 'http', `The lab answered ${response.status} ${response.statusText}.`);
  }
}

export function bundlePath(sid: string): string {
  return `${sessionPath(sid)}/bundle`;
}

export function withLanguage(path: string, language: string | undefined): string {
  return language === undefined ? path : `${path}?language=${encodeURIComponent(language)}`;
}

export function sessionPath(sid: string): string {
  return `/api/sessions/${encodeURIComponent(sid)}`;
}

export function terminalPath(sid: string, tid: string): string {
  return `${sessionPath(sid)}/terminals/${encodeURIComponent(tid)}`;
}
