const FIELD_NAME = /^[a-zA-Z0-9][-a-zA-Z0-9]*$/;
const PARAMETER_NAME = /^[-a-zA-Z0-9_]+$/;
const PARAMETER = /\{\{[-a-zA-Z0-9]+(\.[-a-zA-Z0-9_]+)*\}\}/;

/** Whether a text has a tag like `{{inputs.parameters.x}}`. */
export const isParameterTag = (text: string): boolean => PARAMETER.test(text);

/** What is wrong with the name of a template, step or task. */
export function fieldNameProblem(name: string): string | undefined {
  const problems: string[] = [];
  if (name.length > 128) problems.push('must be no more than 128 characters');
  if (!FIELD_NAME.test(name)) problems.push("name must consist of alpha-numeric characters or '-', and must start with an alpha-numeric character (e.g. My-name1-2, 123-NAME)");
  return problems.length === 0 ? undefined : problems.join(';');
}

/** What is wrong with the name of a parameter or artifact. */
export function parameterNameProblem(name: string): string | undefined {
  return PARAMETER_NAME.test(name) ? undefined : "Parameter/Artifact name must consist of alpha-numeric characters, '_' or '-' e.g. my_param_1, MY-PARAM-1";
}

/** The first problem with a list's names: each must be there, be well-formed, and be the only one. */
export function namesProblem(items: readonly { name?: string }[] | undefined, check: (name: string) => string | undefined): string | undefined {
  const seen = new Set<string>();
  for (const [i, { name = '' }] of (items ?? []).entries()) {
    if (name === '') return `[${i}].name is required`;
    const problem = check(name);
    if (problem !== undefined) return `[${i}].name: '${name}' is invalid: ${problem}`;
    if (seen.has(name)) return `[${i}].name '${name}' is not unique`;
    seen.add(name);
  }
  return undefined;
}
