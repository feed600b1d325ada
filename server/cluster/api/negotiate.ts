import { notAcceptable } from './errors.ts';
import { ApiStatus } from './status.ts';

/** What an answer is to look like. */
export interface Form {
  encoding: 'json' | 'yaml';
  /** `Table` and the partial forms stand for an object or list. */
  as?: { kind: string; version: string; group: string };
}

const OFFERED = ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf'] as const;
const TRANSFORMS = new Set(['Table', 'PartialObjectMetadata', 'PartialObjectMetadataList']);

interface Clause {
  type: string;
  parameters: Record<string, string>;
  quality: number;
}

export function parseAccept(accept: string): Clause[] {
  const clauses = accept.split(',').flatMap((text): Clause[] => {
    const [type = '', ...pairs] = text.split(';').map((part) => part.trim());
    if (type === '') return [];
    const parameters: Record<string, string> = {};
    for (const pair of pairs) {
      const equals = pair.indexOf('=');
      if (equals > 0) parameters[pair.slice(0, equals).trim()] = pair.slice(equals + 1).trim().replace(/^"|"$/g, '');
    }
    const quality = Number(parameters.q ?? '1');
    return [{ type, parameters, quality: Number.isNaN(quality) ? 1 : quality }];
  });
  return clauses.sort((a, b) => b.quality - a.quality);
}

/**
 * The first form that the client takes and this server has. Protobuf is never answered: every client that asks for it
 * takes JSON as well. `streaming`: the route also gives watches. Throws ApiStatus 406.
 */
export function negotiate(accept: string | undefined, streaming = false): Form {
  if (accept === undefined || accept.trim() === '') return { encoding: 'json' };
  for (const { type, parameters } of parseAccept(accept)) {
    const encoding = encodingOf(type);
    if (encoding === undefined) continue;
    const { as: kind, v: version = '', g: group = '' } = parameters;
    if (kind === undefined) return { encoding };
    if (!TRANSFORMS.has(kind) || group !== 'meta.k8s.io' || (version !== 'v1' && version !== 'v1beta1')) continue;
    return { encoding, as: { kind, version, group } };
  }
  const known = parseAccept(accept).some(({ type }) => encodingOf(type) !== undefined || type === OFFERED[2]);
  if (known) throw notAcceptable(OFFERED);
  // What no route produces is refused before any handler sees it.
  const streams = streaming ? ['application/json;stream=watch', 'application/vnd.kubernetes.protobuf;stream=watch'] : [];
  throw new ApiStatus(406, 'NotAcceptable', `406: Not Acceptable\n\nAvailable representations: ${[...OFFERED, ...streams].join(', ')}`, {});
}

/** Whether an error is told in YAML: who takes nothing that is known gets JSON. */
export function wantsYaml(accept: string | undefined): boolean {
  if (accept === undefined) return false;
  return parseAccept(accept).map(({ type }) => encodingOf(type)).find((encoding) => encoding !== undefined) === 'yaml';
}

function encodingOf(type: string): 'json' | 'yaml' | undefined {
  if (type === 'application/json' || type === '*/*' || type === 'application/*') return 'json';
  return type === 'application/yaml' ? 'yaml' : undefined;
}

/** Which discovery document is wanted: aggregated, in one of its versions, or the classic one. */
export function negotiateDiscovery(accept: string | undefined): 'v2' | 'v2beta1' | undefined {
  for (const { type, parameters } of parseAccept(accept ?? '')) {
    if (encodingOf(type) !== 'json') continue;
    if (parameters.as === undefined) return undefined;
    if (parameters.as === 'APIGroupDiscoveryList' && parameters.g === 'apidiscovery.k8s.io' && (parameters.v === 'v2' || parameters.v === 'v2beta1')) return parameters.v;
  }
  return undefined;
}
