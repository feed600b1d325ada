import { json, Router } from 'express';
import { z } from 'zod';
import { LabError } from '../lib/errors.ts';
import { MoveFile, SaveFile } from '../protocol/workbench.ts';
import { Editor, MAX_TEXT } from '../session/editor.ts';
import type { SessionManager } from '../session/manager.ts';
import type { Session } from '../session/session.ts';
import { parse, pathOf } from './body.ts';

const NewFolder = z.object({ path: z.string() });

/** The files of a session's place, for the editor: see protocol/workbench.ts. */
export function filesRouter(manager: SessionManager): Router {
  const router = Router();
  // JSON may need six bytes for one of the text's.
  const large = json({ limit: 6 * MAX_TEXT + 1024 });

  const editor = async (id: string): Promise<{ session: Session; files: Editor }> => {
    const session = await manager.get(id);
    if (session.place === undefined) throw new LabError('conflict', 'the session is not ready yet', 'Wait until the preparation is done.');
    return { session, files: new Editor(session.place, { root: session.scenario.editorPath, leftOut: session.scenario.leftOutOfEditor }) };
  };

  router.get('/sessions/:sid/files', async (request, response) => {
    const { session, files } = await editor(request.params.sid);
    const view = await files.list(pathOf(request.query));
    session.shown(view.path);
    response.json(view);
  });

  router.get('/sessions/:sid/files/content', async (request, response) => {
    const { session, files } = await editor(request.params.sid);
    const view = await files.read(pathOf(request.query));
    session.shown(view.path);
    response.json(view);
  });

  router.put('/sessions/:sid/files/content', large, async (request, response) => {
    const { text, version } = parse(SaveFile, request.body);
    const { session, files } = await editor(request.params.sid);
    const saved = await files.save(pathOf(request.query), text, version);
    session.shown(saved.path);
    response.json(saved);
  });

  router.post('/sessions/:sid/files/folders', json({ limit: '16kb' }), async (request, response) => {
    const { path } = parse(NewFolder, request.body);
    await (await editor(request.params.sid)).files.makeFolder(path);
    response.status(204).end();
  });

  router.patch('/sessions/:sid/files', json({ limit: '16kb' }), async (request, response) => {
    const { to } = parse(MoveFile, request.body);
    const { session, files } = await editor(request.params.sid);
    const moved = await files.rename(pathOf(request.query), to);
    session.shown(moved.path);
    response.json(moved);
  });

  router.delete('/sessions/:sid/files', async (request, response) => {
    await (await editor(request.params.sid)).files.remove(pathOf(request.query));
    response.status(204).end();
  });

  return router;
}
