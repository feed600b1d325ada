import type { GithubSource } from '../types.ts';

/** The repositories that an event source names, in the old way too. */
export function repositoriesOf({ repositories = [], owner, repository }: GithubSource): { owner: string; names: string[] }[] {
  if (repositories.length > 0) return repositories.map(({ owner: by, names = [] }) => ({ owner: by, names }));
  return owner === '' || repository === '' ? [] : [{ owner, names: [repository] }];
}

/** Whether the source is to make its hooks at GitHub itself. */
export const needsHooks = ({ apiToken, githubApp, webhook }: GithubSource): boolean => (apiToken !== undefined || githubApp !== undefined) && (webhook?.url ?? '') !== '';
