import { isJsonObject, type Json } from '../../../../lib/json.ts';

/** A sensor may ask for the millionth item of a list that has none: so long may lists become. */
const MAX_ITEMS = 10_000;

/**
 * Sets a value at a path of tidwall/sjson: `spec.arguments.parameters.0.value`, `list.-1` behind the last item, `a\.b`
 * and `:0` for names that are no steps. What is on the way and missing is made. Gives a new document.
 * Throws an Error where the path cannot be written.
 */
export function setPath(root: Json, path: string, value: Json): Json {
  const steps = stepsOf(path);
  if (steps.length === 0) throw new Error('path cannot be empty');
  return set(root, steps, value);
}

interface Step {
  name: string;
  /** Written with a colon before it: a name even where it looks like an index. */
  named: boolean;
}

function stepsOf(path: string): Step[] {
  if (path === '') return [];
  const steps: Step[] = [];
  let name = '';
  let named = false;
  for (let at = 0; at <= path.length; at++) {
    const c = path.charAt(at);
    if (c === '\\') name += path.charAt(++at);
    else if (c === '.' || at === path.length) {
      steps.push({ name, named });
      name = '';
      named = false;
    } else if (c === ':' && name === '' && !named) named = true;
    else if (c === '*' || c === '?' || c === '#' || c === '|' || (c === '@' && name === '')) throw new Error(c === '|' || c === '#' ? `array access character not allowed in path` : 'wildcard characters not allowed in path');
    else name += c;
  }
  return steps;
}

function set(target: Json | undefined, steps: readonly Step[], value: Json): Json {
  const [step, ...rest] = steps;
  if (step === undefined) return value;
  const isIndex = !step.named && /^(-1|\d+)$/.test(step.name);
  if (Array.isArray(target)) {
    if (!isIndex) throw new Error(`cannot set array element for non-numeric key '${step.name}'`);
    const index = step.name === '-1' ? target.length : Number(step.name);
    if (index >= Math.max(MAX_ITEMS, target.length + 1)) throw new Error(`a list may not have more than ${MAX_ITEMS} items`);
    const items = [...target];
    while (items.length < index) items.push(null);
    items[index] = set(items[index], rest, value);
    return items;
  }
  if (isJsonObject(target)) return { ...target, [step.name]: set(target[step.name], rest, value) };
  // Nothing to step into: an index makes a list, a name an object.
  return isIndex ? set([], steps, value) : { [step.name]: set(undefined, rest, value) };
}
