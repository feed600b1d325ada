import { json, Router } from 'express';
import type { Clock } from '../lib/clock.ts';
import { AuthorTarget, NearMissTarget } from '../protocol/author.ts';
import { AuthorTools, authorView } from '../session/author.ts';
import { type Content, noScenario, scenariosOf } from '../session/content.ts';
import type { SessionManager } from '../session/manager.ts';
import type { AuthorDesk } from '../session/watch-author.ts';
import { parse } from './body.ts';

const KEEP_ALIVE_MS = 15_000;

/** What `serve --watch` adds for a scenario's author: see protocol/author.ts. */
export function authorRouter(desk: AuthorDesk, content: Content, manager: SessionManager, clock: Clock): Router {
  const router = Router();
  const tools = new AuthorTools(clock);
  router.use(json({ limit: '16kb' }));

  router.get('/events', (_request, response) => {
    response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store', 'X-Accel-Buffering': 'no' });
    response.write(':\n\n');
    const unsubscribe = desk.subscribe((event) => response.write(`data: ${JSON.stringify(event)}\n\n`));
    const stop = clock.every(KEEP_ALIVE_MS, () => response.write(':\n\n'));
    response.on('close', () => {
      unsubscribe();
      stop();
    });
  });

  router.get('/author/scenarios/:id', async (request, response) => {
    const courses = await content.courses();
    const scenario = scenariosOf(courses).get(request.params.id);
    if (scenario === undefined) throw noScenario(courses, request.params.id);
    response.json(authorView(scenario, await desk.findings(scenario)));
  });

  router.post('/sessions/:sid/author/jump', async (request, response) => {
    const { page } = parse(AuthorTarget, request.body);
    const found = await manager.get(request.params.sid);
    tools.jump(found, page);
    response.status(202).json(found.view());
  });

  router.post('/sessions/:sid/author/solution', async (request, response) => {
    const { page } = parse(AuthorTarget, request.body);
    const found = await manager.get(request.params.sid);
    tools.solve(found, page);
    response.status(202).json(found.view());
  });

  router.post('/sessions/:sid/author/near-miss', async (request, response) => {
    const { page, index } = parse(NearMissTarget, request.body);
    response.json(await tools.tryNearMiss(await manager.get(request.params.sid), page, index));
  });

  return router;
}
