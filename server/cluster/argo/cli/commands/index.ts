import type { Command } from '../app.ts';
import { archiveCommands } from './archive.ts';
import { backfill } from './backfill.ts';
import { completion } from './completion.ts';
import { convert } from './convert.ts';
import { copy } from './copy.ts';
import { remove } from './delete.ts';
import { buildExecutorPlugin } from './executor-plugin.ts';
import { get, list } from './get-list.ts';
import { lint } from './lint.ts';
import { logs } from './logs.ts';
import { submit } from './submit.ts';
import { templateCommands } from './templates.ts';
import { node, resubmit, resume, retry, stop, suspend, terminate } from './verbs.ts';
import { absent, authToken, version } from './version-auth.ts';
import { wait, watch } from './wait-watch.ts';

/** Every command. Adding one: a file, and a line here. */
export const COMMANDS: readonly Command[] = [
  ...archiveCommands,
  authToken,
  backfill,
  ...templateCommands,
  completion,
  convert,
  copy,
  remove,
  buildExecutorPlugin,
  get,
  lint,
  list,
  logs,
  node,
  resubmit,
  resume,
  retry,
  absent(['server'], 'the Argo Server of the lab runs in the cluster: kubectl -n argo port-forward svc/argo-server 2746:2746'),
  stop,
  submit,
  suspend,
  terminate,
  version,
  wait,
  watch,
];
