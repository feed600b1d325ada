import type { KubeObject } from '../../../store/object.ts';
import type { ResourceInfo } from '../../scheme/resource-info.ts';
import type { StatusCause } from '../../status.ts';

/** Everything that is wrong with a built-in object and with every object's metadata, or with the change from `old`. */
export function validateObject(_info: ResourceInfo, _object: KubeObject, _old: KubeObject | undefined, _subresource: string | undefined): StatusCause[] {
  return [];
}
