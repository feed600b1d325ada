import { isJsonObject, type JsonObject } from '../../../lib/json.ts';
import { labelValue, qualifiedName } from '../../api/schema/validation/names.ts';

const strings = (value: unknown): string[] | undefined => (Array.isArray(value) ? value.filter((item) => typeof item === 'string') : undefined);
const quoted = (value: string) => JSON.stringify(value);

/** What is wrong with one of a selector's terms. After kubernetes 1.33 apimachinery/pkg/labels/selector.go */
function termProblem(key: string, operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist', given: string[] | undefined): string | undefined {
  const problems: string[] = [];
  const name = qualifiedName(key);
  if (name.length > 0) problems.push(`key: Invalid value: ${quoted(key)}: ${name.join('; ')}`);
  const values = given ?? [];
  const shown = given === undefined ? '[]string(nil)' : `[]string{${values.map(quoted).join(', ')}}`;
  if (operator.endsWith('In') && values.length === 0) problems.push(`values: Invalid value: ${shown}: for 'in', 'notin' operators, values set can't be empty`);
  if (!operator.endsWith('In') && values.length > 0) problems.push(`values: Invalid value: ${shown}: values set must be empty for exists and does not exist`);
  for (const [i, value] of values.entries()) {
    const wrong = labelValue(value);
    if (wrong.length > 0) problems.push(`values[${i}][${key}]: Invalid value: ${quoted(value)}: ${wrong.join('; ')}`);
  }
  return problems.length > 1 ? `[${problems.join(', ')}]` : problems[0];
}

/** What keeps the selector of `podGC` from being one, in Kubernetes' words; undefined when nothing does. */
export function podGcSelectorProblem(selector: JsonObject | undefined): string | undefined {
  const labels = isJsonObject(selector?.['matchLabels']) ? selector['matchLabels'] : {};
  for (const [key, value] of Object.entries(labels)) {
    const problem = termProblem(key, 'In', [typeof value === 'string' ? value : '']);
    if (problem !== undefined) return problem;
  }
  const terms = selector?.['matchExpressions'];
  for (const term of Array.isArray(terms) ? terms.filter(isJsonObject) : []) {
    const operator = term['operator'];
    if (operator !== 'In' && operator !== 'NotIn' && operator !== 'Exists' && operator !== 'DoesNotExist') {
      return `${quoted(typeof operator === 'string' ? operator : '')} is not a valid label selector operator`;
    }
    const problem = termProblem(typeof term['key'] === 'string' ? term['key'] : '', operator, strings(term['values']));
    if (problem !== undefined) return problem;
  }
  return undefined;
}
