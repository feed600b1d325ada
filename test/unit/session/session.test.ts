import { existsSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CheckReport, SessionEvent, SessionView } from '../../../server/protocol/rest.ts';
import { type SmallLab, startSmallLab } from '../http/lab.ts';

let lab: SmallLab;
beforeAll(async () => {
  lab = await startSmallLab({ maxSessions: '1' });
});
afterAll(async () => {
  await lab.close();
  await rm(lab.folder, { recursive: true, force: true });
});

const home = (session: SessionView, data = lab.data) => join(data, 'sessions', session.id, 'home');
async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  for (let i = 0; i < 500; i++) {
    if (await condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error('it did not happen in time');
}
async function type(from: SmallLab, session: SessionView, code: string): Promise<void> {
  const { socket } = await from.socket(`/api/sessions/${session.id}/terminals/1/socket`);
  socket?.send(JSON.stringify({ type: 'run', code, interrupt: false }));
  socket?.close();
}

/** The screen of the first terminal, as a page that opens now gets it. */
async function shown(from: SmallLab, session: SessionView): Promise<string> {
  const { socket } = await from.socket(`/api/sessions/${session.id}/terminals/1/socket`);
  if (socket === undefined) throw new Error('no socket');
  const screen = await new Promise<string>((resolve) => socket.on('message', (data) => String(data).includes('"screen"') && resolve(String(data))));
  socket.close();
  return screen;
}

describe('a session', () => {
  it('is prepared with a terminal and the scenario’s files, and found again', async () => {
    const session = await lab.session();
    expect({ state: session.state, page: session.page, terminals: session.terminals, provider: session.provider, stages: session.stages.map(({ id, state }) => [id, state]) }).toEqual({
      state: 'ready',
      page: 'intro',
      terminals: [{ id: '1', name: 'Terminal 1', running: true }],
      provider: 'none',
      stages: [['place', 'done'], ['assets', 'done']],
    });
    expect(await readFile(join(home(session), 'hello.txt'), 'utf8')).toBe('hello\n');
    expect((await lab.session()).id).toBe(session.id);
  });

  it('runs a page’s scripts once: hidden, or in the learner’s own shell', async () => {
    const session = await lab.session();
    await lab.api('POST', `/sessions/${session.id}/steps/step1/open`);
    await until(() => existsSync(join(home(session), 'background')));
    await rm(join(home(session), 'background'));
    const opened = SessionView.parse((await lab.api('POST', `/sessions/${session.id}/steps/step2/open`)).body);
    expect({ page: opened.page, done: opened.done }).toEqual({ page: 'step2', done: ['intro'] });
    await until(async () => {
      await type(lab, session, 'echo "$FOREGROUND" > foreground');
      await new Promise((resolve) => setTimeout(resolve, 100));
      return (await readFile(join(home(session), 'foreground'), 'utf8').catch(() => '')) === 'yes\n';
    });
    await lab.api('POST', `/sessions/${session.id}/steps/step1/open`);
    expect(existsSync(join(home(session), 'background'))).toBe(false);
  });

  it('says why a step is not done, and remembers that it is', async () => {
    const session = await lab.session();
    const check = async () => CheckReport.parse((await lab.api('POST', `/sessions/${session.id}/steps/step1/check`)).body);
    const [before, twice] = await Promise.all([check(), check()]);
    expect(before.results.map(({ id, passed, observed }) => ({ id, passed, observed }))).toEqual([{ id: 'verify', passed: false, observed: 'It ended with exit code 1.\nno file done' }]);
    expect(twice.at).toBe(before.at);
    await type(lab, session, 'touch ~/done');
    await until(() => existsSync(join(home(session), 'done')));
    expect((await check()).passed).toBe(true);
    expect(SessionView.parse((await lab.api('GET', `/sessions/${session.id}`)).body).done).toEqual(['intro', 'step2', 'step1']);
  });

  it('has a limited number of terminals, which can be renamed and closed', async () => {
    const session = await lab.session();
    const path = `/sessions/${session.id}/terminals`;
    expect((await lab.api('POST', path, { name: '\u202eEvil\n' })).body).toEqual({ id: '2', name: 'Evil', running: true });
    expect((await lab.api('PATCH', `${path}/2`, { name: 'Logs' })).body).toEqual({ id: '2', name: 'Logs', running: true });
    for (let i = 3; i <= 8; i++) expect((await lab.api('POST', path)).status).toBe(201);
    expect((await lab.api('POST', path)).status).toBe(429);
    for (let i = 2; i <= 8; i++) expect((await lab.api('DELETE', `${path}/${i}`)).status).toBe(204);
    expect((await lab.api('DELETE', `${path}/2`)).status).toBe(404);
  });

  it('tells its events as they happen', async () => {
    const session = await lab.session();
    const controller = new AbortController();
    const response = await fetch(`${lab.origin}/api/sessions/${session.id}/events`, { headers: { cookie: lab.cookie }, signal: controller.signal });
    const events: SessionEvent[] = [];
    void (async () => {
      const decoder = new TextDecoder();
      let text = '';
      for await (const chunk of response.body ?? []) {
        text += decoder.decode(chunk, { stream: true });
        const blocks = text.split('\n\n');
        text = blocks.pop() ?? '';
        for (const block of blocks) if (block.startsWith('data: ')) events.push(SessionEvent.parse(JSON.parse(block.slice(6))));
      }
    })().catch(() => undefined);
    await until(() => events.length > 0);
    await lab.api('POST', `/sessions/${session.id}/steps/finish/open`);
    await until(() => events.some((event) => event.type === 'session' && event.session.page === 'finish'));
    controller.abort();
    expect(response.headers.get('content-type')).toBe('text/event-stream');
  });

  it('is one of a limited number', async () => {
    await lab.session();
    // The same scenario resumes; there is room for no other one.
    expect((await lab.api('POST', '/sessions', { scenario: 'small/first' })).status).toBe(200);
  });

  it('comes back after the server was stopped: workspace, page and what was done', async () => {
    const session = await lab.session();
    await type(lab, session, 'echo mine > ~/mine');
    await until(() => existsSync(join(home(session), 'mine')));
    await lab.lab.close();
    lab = await startSmallLab({ data: lab.data, folder: lab.folder, maxSessions: '1' });
    const again = await lab.session();
    expect({ id: again.id, page: again.page, done: again.done, terminals: again.terminals }).toEqual({ id: session.id, page: 'finish', done: ['intro', 'step2', 'step1', 'finish'], terminals: [{ id: '1', name: 'Terminal 1', running: true }] });
    expect(await readFile(join(home(again), 'mine'), 'utf8')).toBe('mine\n');
    expect(await shown(lab, again)).toContain('argo-lab was started again: this is a new shell.');
  });

  it('is clean after a reset, and keeps what the learner has finished', async () => {
    const session = await lab.session();
    const began = Date.now();
    const reset = SessionView.parse((await lab.api('POST', `/sessions/${session.id}/reset`)).body);
    expect({ state: reset.state, done: reset.done, mine: existsSync(join(home(session), 'mine')), hello: existsSync(join(home(session), 'hello.txt')) }).toEqual({ state: 'ready', done: [], mine: false, hello: true });
    expect(Date.now() - began).toBeLessThan(3000);
    const progress = JSON.parse(await readFile(join(lab.data, 'progress.json'), 'utf8'));
    expect(progress.scenarios['small/first'].done).toContain('step1');
  });

  it('leaves nothing behind when it ends', async () => {
    const session = await lab.session();
    expect((await lab.api('DELETE', `/sessions/${session.id}`)).status).toBe(204);
    expect(existsSync(join(lab.data, 'sessions', session.id))).toBe(false);
    expect((await lab.api('GET', `/sessions/${session.id}`)).status).toBe(404);
    expect((await lab.session()).id).not.toBe(session.id);
  });
});
