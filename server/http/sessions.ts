import { createReadStream } from 'node:fs';
import { json, Router } from 'express';
import { z } from 'zod';
import { type Clock } from '../lib/clock.ts';
import { LabError } from '../lib/errors.ts';
import type { SessionEvent, TerminalView } from '../protocol/rest.ts';
import type { SessionManager } from '../session/manager.ts';
import type { Session } from '../session/session.ts';
import type { TerminalHub } from '../terminal/terminal.ts';

const NewSession = z.object({ scenario: z.string().max(300), provider: z.string().max(40).optional() });
const NewStart = z.object({ provider: z.string().max(40).optional() });
const NewTerminal = z.object({ name: z.string().max(200).optional() });
const RenamedTerminal = z.object({ name: z.string().max(200) });
const KEEP_ALIVE_MS = 15_000;

/** Sessions, their pages, checks and terminals. */
export function sessionsRouter(manager: SessionManager, clock: Clock): Router {
  const router = Router();
  router.use(json({ limit: '64kb' }));

  const session = async (id: string): Promise<Session> => {
    const found = await manager.find(id);
    if (found === undefined) throw new LabError('not-found', 'there is no such session');
    return found;
  };

  router.post('/sessions', async (request, response) => {
    const { scenario, provider } = parse(NewSession, request.body);
    const opened = await manager.open(scenario, provider);
    response.status(opened.created ? 201 : 200).json(opened.session.view());
  });

  router.get('/sessions/:sid', async (request, response) => {
    response.json((await session(request.params.sid)).view());
  });

  router.delete('/sessions/:sid', async (request, response) => {
    await manager.end(request.params.sid);
    response.status(204).end();
  });

  router.post('/sessions/:sid/reset', async (request, response) => {
    const { provider } = parse(NewStart, request.body ?? {});
    const found = await session(request.params.sid);
    await found.reset(provider);
    response.json(found.view());
  });

  router.post('/sessions/:sid/continue', async (request, response) => {
    const { provider } = parse(NewStart, request.body ?? {});
    const found = await session(request.params.sid);
    await found.continueOn(provider);
    response.json(found.view());
  });

  router.get('/sessions/:sid/bundle', async (request, response) => {
    const file = (await session(request.params.sid)).bundle;
    if (file === undefined) throw new LabError('not-found', 'there are no logs of a failed start');
    response.setHeader('Content-Type', 'application/zip');
    response.setHeader('Content-Disposition', 'attachment; filename="cluster-logs.zip"');
    createReadStream(file).on('error', () => response.destroy()).pipe(response);
  });

  router.post('/sessions/:sid/steps/:page/open', async (request, response) => {
    response.json((await session(request.params.sid)).openPage(request.params.page));
  });

  router.post('/sessions/:sid/steps/:page/check', async (request, response) => {
    response.json(await (await session(request.params.sid)).check(request.params.page));
  });

  router.post('/sessions/:sid/terminals', async (request, response) => {
    const { name } = parse(NewTerminal, request.body ?? {});
    const { terminals } = await session(request.params.sid);
    if (terminals === undefined) throw new LabError('conflict', 'the session is not ready yet', 'Wait until the preparation is done.');
    response.status(201).json(viewOf(await terminals.open(name)));
  });

  router.patch('/sessions/:sid/terminals/:tid', async (request, response) => {
    const { name } = parse(RenamedTerminal, request.body);
    const { terminals } = await session(request.params.sid);
    terminals?.rename(request.params.tid, name);
    const hub = terminals?.get(request.params.tid);
    if (hub === undefined) throw new LabError('not-found', 'there is no such terminal');
    response.json(viewOf(hub));
  });

  router.delete('/sessions/:sid/terminals/:tid', async (request, response) => {
    const { terminals } = await session(request.params.sid);
    if (terminals === undefined) throw new LabError('not-found', 'there is no such terminal');
    await terminals.close(request.params.tid);
    response.status(204).end();
  });

  router.get('/sessions/:sid/events', async (request, response) => {
    const found = await session(request.params.sid);
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

function parse<T>(schema: z.ZodType<T>, body: unknown): T {
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw new LabError('bad-request', `${issue?.path.join('.') || 'body'}: ${issue?.message ?? 'is not understood'}`);
}
