import { DEFAULT_LIMIT_MS, type RegisteredKind } from './kind.ts';
import { all, any, not, within } from './kinds/combine.ts';
import { command } from './kinds/command.ts';
import { file } from './kinds/file.ts';
import { history } from './kinds/history.ts';
import { http } from './kinds/http.ts';
import { podLogs } from './kinds/pod-logs.ts';
import { portForward } from './kinds/port-forward.ts';
import { quiz } from './kinds/quiz.ts';
import { request } from './kinds/request.ts';
import { resource } from './kinds/resource.ts';
import { script } from './kinds/script.ts';
import { tokenValid } from './kinds/token-valid.ts';
import { variable } from './kinds/variable.ts';
import { workflow } from './kinds/workflow.ts';
import { meantOf } from './settings.ts';

const KINDS: readonly RegisteredKind[] = [all, any, not, within, command, file, history, http, podLogs, portForward, quiz, request, resource, script, tokenValid, variable, workflow];

const byName = new Map(KINDS.map((kind) => [kind.name, kind]));

export function findKind(name: string): RegisteredKind | undefined {
  return byName.get(name);
}

/** Every kind, in the order of their names, those that combine others first. */
export function checkKinds(): readonly RegisteredKind[] {
  return KINDS;
}

/** Milliseconds that a check may take; those inside one that combines others add up. */
export function limitOf(name: string, spec: unknown): number {
  const kind = findKind(name);
  const nested = nestedOf(name, spec).reduce((sum, check) => {
    const inner = kindOf(check);
    return inner === undefined ? sum : sum + limitOf(inner.name, inner.spec);
  }, 0);
  return Math.max(kind?.limit(spec) ?? DEFAULT_LIMIT_MS, 0) + nested;
}

/** Words that may stand beside a nested check's kind. */
const OVERRIDES = new Set(['why', 'next']);

/** `{request: {…}, next: "…"}` taken apart; undefined when it names no kind or two. */
export function kindOf(check: Record<string, unknown>): { name: string; spec: unknown } | undefined {
  const names = Object.keys(check).filter((key) => !OVERRIDES.has(key));
  const [name] = names;
  return name === undefined || names.length > 1 ? undefined : { name, spec: check[name] };
}

/** What is wrong with a check as an author wrote it, nested ones included; undefined when nothing is. */
export function validateCheck(name: string, spec: unknown): string | undefined {
  const kind = findKind(name);
  if (!kind) {
    const meant = meantOf(name, [...byName.keys()]);
    return `there is no check of kind “${name}”; ${meant === undefined ? `there are ${[...byName.keys()].sort().join(', ')}` : `did you mean ${meant}?`}`;
  }
  const problem = kind.accepts(spec);
  if (problem !== undefined) return problem;
  for (const nested of nestedOf(name, spec)) {
    const inner = kindOf(nested);
    const wrong = inner ? validateCheck(inner.name, inner.spec) : 'a nested check names no kind, or two';
    if (wrong !== undefined) return inner ? `${inner.name}: ${wrong}` : wrong;
  }
  return undefined;
}

function nestedOf(name: string, value: unknown): Record<string, unknown>[] {
  if (name === 'all' || name === 'any') return Array.isArray(value) ? value : [];
  if ((name === 'not' || name === 'within') && typeof value === 'object' && value !== null && 'check' in value && typeof value.check === 'object' && value.check !== null) return [Object.fromEntries(Object.entries(value.check))];
  return [];
}
