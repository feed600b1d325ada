import { createReadStream } from 'node:fs';
import { json, Router } from 'express';
import { z } from 'zod';
import { type Clock } from '../lib/clock.ts';
import { LabError } from '../lib/errors.ts';
import { MovedClock, QuizAnswer, type SessionEvent, type TerminalView } from '../protocol/rest.ts';
import type { SessionManager } from '../session/manager.ts';
import type { TerminalHub } from '../terminal/terminal.ts';
import { languagesOf, parse } from './body.ts';

const NewSession = z.object({ scenario: z.string().max(300), provider: z.string().max(40).optional() });
const NewStart = z.object({ provider: z.string().max(40).optional() });
const NewTerminal = z.object({ name: z.string().max(200).optional(), id: z.string().regex(/^[1-9]\d?$/, 'is a number from 1 to 99').optional(), command: z.string().max(4000).optional() });
const RenamedTerminal = z.object({ name: z.string().max(200) });
const KEEP_ALIVE_MS = 15_000;
const FIRST_PROMPT_MS = 10_000;

/** Sessions, their pages, checks and terminals. */
export function sessionsRouter(manager: SessionManager, clock: Clock): Router {
  const router = Router();
  router.use(json({ limit: '64kb' }));

  router.post('/sessions', async (request, response) => {
    const { scenario, provider } = parse(NewSession, request.body);
    const opened = await manager.open(scenario, provider);
    response.status(opened.created ? 201 : 200).json(opened.session.view());
  });

  router.get('/sessions/:sid', async (request, response) => {
    response.json((await manager.get(request.params.sid)).view());
  });

  router.delete('/sessions/:sid', async (request, response) => {
    await manager.end(request.params.sid);
    response.status(204).end();
  });

  router.post('/sessions/:sid/reset', async (request, response) => {
    const { provider } = parse(NewStart, request.body ?? {});
    const found = await manager.get(request.params.sid);
    await found.reset(provider);
    response.json(found.view());
  });

  router.post('/sessions/:sid/continue', async (request, response) => {
    const { provider } = parse(NewStart, request.body ?? {});
    const found = await manager.get(request.params.sid);
    await found.continueOn(provider);
    response.json(found.view());
  });

  router.get('/sessions/:sid/bundle', async (request, response) => {
    const file = (await manager.get(request.params.sid)).bundle;
    if (file === undefined) throw new LabError('not-found', 'there are no logs of a failed start');
    response.setHeader('Content-Type', 'application/zip');
    response.setHeader('Content-Disposition', 'attachment; filename="cluster-logs.zip"');
    createReadStream(file).on('error', () => response.destroy()).pipe(response);
  });

  router.get('/sessions/:sid/clock', async (request, response) => {
    response.json((await manager.get(request.params.sid)).clock());
  });

  router.post('/sessions/:sid/clock', async (request, response) => {
    const { advance } = parse(MovedClock, request.body);
    response.json((await manager.get(request.params.sid)).clock(advance));
  });

  router.post('/sessions/:sid/steps/:page/open', async (request, response) => {
    response.json((await manager.get(request.params.sid)).openPage(request.params.page));
  });

  router.post('/sessions/:sid/steps/:page/check', async (request, response) => {
    const found = await manager.get(request.params.sid);
    found.languages = languagesOf(request);
    response.json(await found.check(request.params.page));
  });

  router.post('/sessions/:sid/steps/:page/quiz', async (request, response) => {
    const { quiz, answers } = parse(QuizAnswer, request.body);
    const found = await manager.get(request.params.sid);
    found.languages = languagesOf(request);
    response.json(found.answer(request.params.page, quiz, answers));
  });

  router.post('/sessions/:sid/terminals', async (request, response) => {
    const wanted = parse(NewTerminal, request.body ?? {});
    const { terminals, scenario } = await manager.get(request.params.sid);
    if (terminals === undefined) throw new LabError('conflict', 'the session is not ready yet', 'Wait until the preparation is done.');
    const open = wanted.id === undefined ? undefined : terminals.get(wanted.id);
    if (open?.running === true) {
      response.json(viewOf(open));
      return;
    }
    const hub = await terminals.open(wanted.name, wanted.id);
    // What the author wants typed into a terminal of this name.
    const command = wanted.command ?? scenario.terminals.find((named) => named.name === wanted.name)?.command;
    if (command !== undefined) void hub.prompt(FIRST_PROMPT_MS).then(() => hub.run(command, false));
    response.status(201).json(viewOf(hub));
  });

  router.patch('/sessions/:sid/terminals/:tid', async (request, response) => {
    const { name } = parse(RenamedTerminal, request.body);
    const { terminals } = await manager.get(request.params.sid);
    terminals?.rename(request.params.tid, name);
    const hub = terminals?.get(request.params.tid);
    if (hub === undefined) throw new LabError('not-found', 'there is no such terminal');
    response.json(viewOf(hub));
  });

  router.delete('/sessions/:sid/terminals/:tid', async (request, response) => {
    const { terminals } = await manager.get(request.params.sid);
    if (terminals === undefined) throw new LabError('not-found', 'there is no such terminal');
    await terminals.close(request.params.tid);
    response.status(204).end();
  });

  router.get('/sessions/:sid/events', async (request, response) => {
    const found = await manager.get(request.params.sid);
    found.languages = languagesOf(request);
    response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store', 'X-Accel-Buffering': 'no' });
    const send = (event: SessionEvent) => response.write(`data: ${JSON.stringify(event)}\n\n`);
    const unsubscribe = found.subscribe(send);
    send({ type: 'session', session: found.view() });
    const stop = clock.every(KEEP_ALIVE_MS, () => response.write(':\n\n'));
    response.on('close', () => {
      unsubscribe();
      stop();
    });
  });

  return router;
}

function viewOf(hub: TerminalHub): TerminalView {
  return { id: hub.id, name: hub.name, running: hub.running };
}
