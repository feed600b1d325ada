import { createReadStream } from 'node:fs';
import { Router } from 'express';
import { contentType } from 'mime-types';
import { LabError } from '../lib/errors.ts';
import type { CoursesView, CourseTree, ProviderView, ScenarioView } from '../protocol/rest.ts';
import { assetFile } from '../scenario/assets.ts';
import { shownPages } from '../scenario/load.ts';
import { machineHas, needViews } from '../scenario/needs.ts';
import { layoutView } from '../scenario/layout.ts';
import type { Course, Scenario } from '../scenario/model.ts';
import { needsCluster } from '../providers/needs.ts';
import { type Content, noScenario, scenariosOf } from '../session/content.ts';
import type { SessionManager } from '../session/manager.ts';
import { languagesIn, languagesOf } from './body.ts';
import { ASSET_POLICY } from './headers.ts';
import { recordingOf } from './recording.ts';

/** Where sessions can run, and which scenarios can't where. */
export interface CourseProviders {
  offers(): Promise<ProviderView[]>;
  refusals(scenario: Scenario, names: readonly string[]): Promise<{ provider: string; reason: string; next?: string }[]>;
}

const has = machineHas(process.env['PATH'] ?? '');

/** GET /courses, /scenarios/:id and the files that pages show. */
export function coursesRouter(content: Content, manager: SessionManager, notice: () => string | undefined, providers: CourseProviders, author = false): Router {
  const router = Router();

  router.get('/courses', async (_request, response) => {
    const [courses, offers] = await Promise.all([content.courses(), providers.offers()]);
    const said = notice();
    const view: CoursesView = { courses: await Promise.all(courses.map((course) => treeOf(course, manager, providers, offers))), providers: offers, ...(author ? { author } : {}), ...(said === undefined ? {} : { notice: said }) };
    response.json(view);
    void content.warm();
  });

  router.get('/scenarios/:id', async (request, response) => {
    const { scenario, course } = await find(content, request.params.id);
    const languages = languagesIn(scenario);
    const view: ScenarioView = {
      id: scenario.id,
      title: scenario.title,
      description: scenario.description,
      course: { id: course.id, title: course.title },
      pages: await Promise.all(shownPages(scenario).map((page) => content.renderPage(scenario, page, languagesOf(request)))),
      layout: layoutView(scenario),
      ...((await recordingOf(scenario)) === undefined ? {} : { recording: true }),
      ...(languages.length === 0 ? {} : { languages }),
      ...(author ? { author } : {}),
    };
    response.json(view);
  });

  router.get('/scenarios/:id/recording', async (request, response) => {
    const { scenario } = await find(content, request.params.id);
    const file = await recordingOf(scenario);
    if (file === undefined) throw new LabError('not-found', 'this scenario has no recording');
    response.setHeader('Content-Type', 'application/x-asciicast');
    createReadStream(file).on('error', () => response.destroy()).pipe(response);
  });

  router.get('/scenarios/:id/assets/*path', async (request, response) => {
    const { scenario } = await find(content, request.params.id);
    const path: unknown = request.params.path;
    const parts = Array.isArray(path) ? path.map(String) : [String(path)];
    const file = parts.some((part) => part === '..' || part.includes('\0')) ? undefined : await assetFile(scenario, parts.join('/'));
    if (file === undefined) throw new LabError('not-found', 'there is no such file');
    response.setHeader('Content-Type', contentType(file.split('/').pop() ?? '') || 'application/octet-stream');
    response.setHeader('Content-Security-Policy', ASSET_POLICY);
    createReadStream(file).on('error', () => response.destroy()).pipe(response);
  });

  return router;
}

async function find(content: Content, id: string): Promise<{ scenario: Scenario; course: Course }> {
  const courses = await content.courses();
  for (const course of courses) {
    const scenario = scenariosOf([course]).get(id);
    if (scenario !== undefined) return { scenario, course };
  }
  throw noScenario(courses, id);
}

async function treeOf(course: Course, manager: SessionManager, providers: CourseProviders, offers: readonly ProviderView[]): Promise<CourseTree> {
  return {
    id: course.id,
    title: course.title,
    description: course.description,
    items: await Promise.all(course.items.map(async (item): Promise<CourseTree['items'][number]> => {
      if (item.type === 'course') return { type: 'course', course: await treeOf(item.course, manager, providers, offers) };
      if (item.type === 'broken') return item;
      const { scenario } = item;
      const session = manager.openSessionOf(scenario.id);
      // Whoever has a session already is not asked whether there may be one; who can't be had at all says so for all.
      const available = offers.flatMap((offer) => (offer.available ? [offer.id] : []));
      const refusals = session === undefined ? await providers.refusals(scenario, available) : [];
      const standard = refusals.flatMap(({ provider, reason, next }) => {
        const offer = offers.find(({ id }) => id === provider);
        return offer?.default === true ? [{ id: 'cluster', title: offer.title, met: false, message: reason, ...(next === undefined ? {} : { next }) }] : [];
      });
      const needs = [...standard, ...needViews(scenario.needs, has)];
      const refused = refusals.filter(({ provider }) => offers.some(({ id, default: is }) => id === provider && !is));
      return {
        type: 'scenario',
        id: scenario.id,
        title: scenario.title,
        description: scenario.description,
        ...(scenario.difficulty === undefined ? {} : { difficulty: scenario.difficulty }),
        ...(scenario.time === undefined ? {} : { time: scenario.time }),
        steps: scenario.steps.length,
        ...manager.progressOf(scenario.id),
        ...(session === undefined ? {} : { session }),
        ...(needs.length === 0 ? {} : { needs }),
        ...(refused.length === 0 ? {} : { refused }),
        ...(scenario.problems.length === 0 ? {} : { problems: scenario.problems }),
        ...(needsCluster(scenario) ? {} : { providers: [] }),
        ...((await recordingOf(scenario)) === undefined ? {} : { recording: true }),
      };
    })),
  };
}
