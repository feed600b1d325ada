import { isJsonObject } from '../../lib/json.ts';
import type { KubeObject } from '../store/object.ts';
import { badRequest } from './errors.ts';

/** The names of a pod's containers, as `init`, `main` and `ephemeral` lists. */
export function containerNames(pod: KubeObject): { init: string[]; main: string[]; ephemeral: string[] } {
  const spec = isJsonObject(pod.spec) ? pod.spec : {};
  const names = (list: unknown): string[] => (Array.isArray(list) ? list.flatMap((c) => (isJsonObject(c) && typeof c.name === 'string' ? [c.name] : [])) : []);
  return { init: names(spec.initContainers), main: names(spec.containers), ephemeral: names(spec.ephemeralContainers) };
}

/**
 * The container that a log, exec or attach is about. Throws ApiStatus 400 when it has to be named and is not, or does
 * not exist. After kubernetes 1.32 pkg/registry/core/pod/strategy.go (LogLocation, streamLocation).
 */
export function chooseContainer(pod: KubeObject, asked: string | undefined, _purpose: 'logs' | 'exec'): string {
  const { init, main, ephemeral } = containerNames(pod);
  const { name } = pod.metadata;
  if (asked === undefined || asked === '') {
    const [only] = main;
    if (only !== undefined && main.length + init.length + ephemeral.length === 1) return only;
    if (only !== undefined && main.length === 1 && init.length === 0) return only;
    const hidden = init.length > 0 ? ` or one of the init containers: [${init.join(' ')}]` : '';
    const debug = ephemeral.length > 0 ? ` or one of the ephemeral containers: [${ephemeral.join(' ')}]` : '';
    if (main.length === 0) throw badRequest(`a container name must be specified for pod ${name}`);
    throw badRequest(`a container name must be specified for pod ${name}, choose one of: [${main.join(' ')}]${hidden}${debug}`);
  }
  if (![...main, ...init, ...ephemeral].includes(asked)) throw badRequest(`container ${asked} is not valid for pod ${name}`);
  return asked;
}
