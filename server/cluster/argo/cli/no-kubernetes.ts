import { ApiStatus } from '../../api/status.ts';

/** What linting without a cluster says of a reference to nothing. */
export function noKubernetes(kind: string, name: string): never {
  throw new ApiStatus(404, 'NotFound', `${kind.toLowerCase()}.argoproj.io ${JSON.stringify(name)} not found`);
}
