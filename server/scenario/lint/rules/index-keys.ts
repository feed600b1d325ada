import { editDistance } from '../../markdown/actions.ts';
import type { ScenarioContext } from '../context.ts';

const PAGE = ['title', 'text', 'verify', 'foreground', 'background', 'code', 'courseData', 'answer', 'hint', 'credits', 'assets'];
const DASHBOARDS = ['name', 'port', 'href', 'host', 'uilayout'];

/** What may stand where: what the lab reads, and what other hosts do. Anything else is fine unless it is nearly one of these. */
const KNOWN: readonly { path: readonly (string | null)[]; keys: readonly string[] }[] = [
  { path: [], keys: ['title', 'description', 'details', 'backend', 'interface', 'environment', 'difficulty', 'time', 'pathwayTitle', 'icon', 'files', 'asyncFiles', 'private', 'noindex', 'type', 'tags', 'ports', 'image', 'group', 'live', 'id', 'authenticated', 'embedonly', 'events', '$schema', 'embedded_survey_url', 'intro', 'steps', 'finish', 'assets', 'author'] },
  { path: ['details'], keys: ['intro', 'steps', 'finish', 'assets', 'files', 'difficulty', 'duration'] },
  { path: ['details', 'intro'], keys: PAGE },
  { path: ['details', 'finish'], keys: PAGE },
  { path: ['details', 'steps', null], keys: PAGE },
  { path: ['details', 'assets', null, null], keys: ['file', 'target', 'chmod'] },
  { path: ['backend'], keys: ['imageid', 'namespace', 'dockerimage', 'autoUpgrade', 'port', 'ports', 'trainingid', 'url', 'livetime', 'reuseConnection', 'mountmode', 'dashboards', 'showdashboard', 'background', 'kind', 'argo'] },
  { path: ['interface'], keys: ['layout', 'uilayout', 'hideHiddenFiles'] },
  { path: ['environment'], keys: ['uilayout', 'dashboards', 'dashboard', 'terminals', 'showdashboard', 'showdashboards', 'uimessage1', 'hideintro', 'hidefinish', 'hidesidebar', 'uieditorpath', 'showide', 'uisettings', 'hideHiddenFiles', 'exclusionPatterns', 'idePort', 'icon', 'ide', 'hideuieditortree', 'showvisualise', 'delayToSaveFileAfterStopTypingMilliseconds'] },
  { path: ['environment', 'dashboards', null], keys: DASHBOARDS },
  { path: ['environment', 'terminals', null], keys: ['name', 'target', 'command'] },
];

/** Unknown keys that are compared with known ones. */
const MOST_KEYS = 2000;

export function indexKeys(context: ScenarioContext): void {
  const { index, indexFile, say } = context;
  const { json } = index;
  let left = MOST_KEYS;
  const visit = (value: unknown, path: PropertyKey[]): void => {
    if (typeof value !== 'object' || value === null || path.length > 4 || left < 0) return;
    const known = KNOWN.find((level) => level.path.length === path.length && level.path.every((part, i) => part === null || part === path[i]));
    for (const [key, inner] of Object.entries(value).slice(0, 500)) {
      const at = Array.isArray(value) ? Number(key) : key;
      if (known !== undefined && !Array.isArray(value) && !known.keys.includes(key)) {
        left -= 1;
        const meant = known.keys.find((candidate) => candidate.toLowerCase() === key.toLowerCase()) ?? (key.length > 3 ? known.keys.find((candidate) => editDistance(candidate.toLowerCase(), key.toLowerCase()) <= (key.length > 5 ? 2 : 1)) : undefined);
        if (meant !== undefined) say('key-unknown', { file: indexFile, ...keyPlace(context, [...path, at]) }, `there is no key “${key}” here: did you mean “${meant}”?`);
      }
      visit(inner, [...path, at]);
    }
  };
  visit(json.value, []);
  if ((index.file.title ?? '').trim() === '') say('title-missing', { file: indexFile, ...json.place(['title']) }, 'the scenario has no title');
  for (const [i, step] of index.steps.entries()) {
    if ((step.title ?? '').trim() === '') say('step-untitled', { file: indexFile, ...json.place([...index.path.steps, i]), page: `step${i + 1}` }, `step ${i + 1} has no title`);
  }
}

function keyPlace({ index }: ScenarioContext, path: readonly PropertyKey[]) {
  // The key, not its value: what should have held something deeper.
  return index.json.place([...path, '']);
}
