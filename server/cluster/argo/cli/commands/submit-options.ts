import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { isJsonObject, type JsonObject } from '../../../../lib/json.ts';
import { CommandError } from '../app.ts';
import type { FlagValues } from '../flags.ts';
import { goFileError } from '../manifests.ts';

/** What `submit`'s flags ask for, as the Argo Server takes it. */
export async function submitOptions(flags: FlagValues): Promise<JsonObject> {
  const options: JsonObject = {};
  const put = (field: string, flag: string) => {
    if (flags.text(flag) !== '') options[field] = flags.text(flag);
  };
  put('name', 'name');
  put('generateName', 'generate-name');
  put('entryPoint', 'entrypoint');
  put('serviceAccount', 'serviceaccount');
  put('labels', 'labels');
  if (flags.has('priority')) options['priority'] = Number(flags.text('priority'));
  const parameters = [...flags.all('parameter')];
  if (flags.text('parameter-file') !== '') {
    let file: unknown;
    try {
      file = parse(await readFile(flags.text('parameter-file'), 'utf8'));
    } catch (error) {
      throw new CommandError(goFileError(error, 'open', flags.text('parameter-file')));
    }
    if (isJsonObject(file)) for (const [name, value] of Object.entries(file)) if (!parameters.some((one) => one.startsWith(`${name}=`))) parameters.push(`${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`);
  }
  if (parameters.length > 0) options['parameters'] = parameters;
  if (flags.on('dry-run')) options['dryRun'] = true;
  if (flags.on('server-dry-run')) options['serverDryRun'] = true;
  return options;
}
