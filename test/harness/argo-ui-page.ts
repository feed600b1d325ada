import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import type { Cluster } from '../../server/cluster/index.ts';
import { argoServerPort, learnerToken } from './argo-server.ts';
import { watchProblems } from './browser.ts';
import { startTestCluster } from './test-cluster.ts';

/** For what the page does at once: long, because test machines are busy. */
const PATIENCE_MS = 20_000;

export interface ArgoUiPage {
  cluster: Cluster;
  page: Page;
  /** Address of the Argo Server, without a slash at its end. */
  base: string;
  /** Errors of the page and breaches of its policy. */
  problems: string[];
  /** Another page of the same learner, in a window of its own. */
  another(window: { width: number; height: number; colorScheme: 'light' | 'dark' }): Promise<Page>;
  close(): Promise<void>;
}

/** Somebody who may do everything, before the Argo Server's user interface. */
export async function openArgoUi(browser: Browser): Promise<ArgoUiPage> {
  const { cluster, stop } = await startTestCluster({ argo: true, argoUi: join(import.meta.dirname, '../../dist/argo-ui') });
  const server = await argoServerPort(cluster);
  const base = `http://127.0.0.1:${server.port}`;
  const token = await learnerToken(cluster);
  const contexts: BrowserContext[] = [];
  const open = async (window: { width: number; height: number; colorScheme?: 'light' | 'dark' }): Promise<Page> => {
    const { colorScheme = 'light', ...viewport } = window;
    const context = await browser.newContext({ viewport, colorScheme });
    contexts.push(context);
    await context.addCookies([{ name: 'authorization', value: `Bearer ${token}`, url: base }]);
    const page = await context.newPage();
    page.setDefaultTimeout(PATIENCE_MS);
    return page;
  };
  const page = await open({ width: 1280, height: 800 });
  return {
    cluster,
    page,
    base,
    problems: await watchProblems(page),
    another: open,
    async close() {
      for (const context of contexts) await context.close();
      await server.close();
      await stop();
    },
  };
}
