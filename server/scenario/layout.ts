import type { LayoutView } from '../protocol/workbench.ts';
import type { LayoutKind, Scenario } from './model.ts';

const KINDS: Partial<Record<LayoutKind, LayoutView['kind']>> = { ide: 'ide', 'ide-preview': 'ide', 'ide-terminal': 'editor-terminal', 'terminal-terminal': 'terminal-terminal' };

/** How the page begins, of what a scenario says: previews are tabs for ports beside the terminal. */
export function layoutView(scenario: Scenario): LayoutView {
  return {
    kind: KINDS[scenario.layout] ?? 'terminal',
    dashboards: scenario.dashboards.flatMap(({ name, port, path }) => (port === undefined ? [] : [{ name, port, path: path ?? '/' }])),
    terminals: scenario.terminals.map(({ name, command, host }) => ({ name, ...(command === undefined ? {} : { command }), ...(host === undefined ? {} : { host }) })),
    ...(scenario.hide.finish ? { finishHidden: true } : {}),
    ...(scenario.hide.dotFiles === true ? { dotFilesHidden: true } : {}),
    ...(scenario.editorPath === undefined ? {} : { editorPath: scenario.editorPath }),
  };
}
