import type { Command } from '../app.ts';
import { get, list } from './get-list.ts';
import { lint } from './lint.ts';
import { logs } from './logs.ts';
import { submit } from './submit.ts';
import { templateCommands } from './templates.ts';
import { remove, resubmit, resume, retry, stop, suspend, terminate } from './verbs.ts';
import { absent, authToken, version } from './version-auth.ts';
import { wait, watch } from './wait-watch.ts';

/** Every command. Adding one: a file, and a line here. */
export const COMMANDS: readonly Command[] = [
  absent(['archive', 'delete'], 'delete a workflow in the archive'),
  absent(['archive', 'get'], 'get a workflow in the archive'),
  absent(['archive', 'list'], 'list workflows in the archive'),
  absent(['archive', 'list-label-keys'], 'list workflows label keys in the archive'),
  absent(['archive', 'list-label-values'], 'get workflow label values in the archive'),
  absent(['archive', 'resubmit'], 'resubmit one or more workflows'),
  absent(['archive', 'retry'], 'retry zero or more workflows'),
  absent(['cron', 'backfill'], 'create a cron backfill(new alpha feature)'),
  absent(['cron', 'update'], 'update a cron workflow'),
  authToken,
  ...templateCommands,
  absent(['completion'], 'output shell completion code for the specified shell (bash, zsh or fish)'),
  absent(['convert'], 'convert workflow manifests from legacy format to current format'),
  absent(['cp'], 'copy artifacts from workflow'),
  remove,
  absent(['executor-plugin'], 'manage executor plugins'),
  get,
  lint,
  list,
  logs,
  absent(['node'], 'perform action on a node in a workflow'),
  resubmit,
  resume,
  retry,
  absent(['server'], 'start the Argo Server'),
  stop,
  submit,
  suspend,
  terminate,
  version,
  wait,
  watch,
];

/** What `argo --help` says of commands that only group others. */
export const GROUPS: Readonly<Record<string, { short: string; long?: string }>> = {
  archive: { short: 'manage the workflow archive' },
  auth: { short: 'manage authentication settings' },
  'cluster-template': { short: 'manipulate cluster workflow templates' },
  cron: { short: 'manage cron workflows', long: 'NextScheduledRun assumes that the workflow-controller uses UTC as its timezone' },
  template: { short: 'manipulate workflow templates' },
};
