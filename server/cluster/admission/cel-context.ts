import type { Environment } from '@marcbachmann/cel-js';
import { authorizerFor, registerAuthorizer } from '../auth/cel-authorizer.ts';
import { celJson, kubernetesCel } from '../api/schema/cel.ts';
import type { AdmissionRequest } from '../api/hooks.ts';
import type { ResourceInfo } from '../api/scheme/resource-info.ts';
import type { KubeObject } from '../store/object.ts';
import type { ObjectReader } from '../store/reader.ts';

const NAMESPACES = { group: '', resource: 'namespaces' };

let environment: Environment | undefined;

/** The language of policies and match conditions, with `authorizer` among its words. */
export function admissionCel(): Environment {
  return (environment ??= registerAuthorizer(kubernetesCel()));
}

/** What expressions about a request may use, seen as one for `info`: all but `variables`. After kubernetes 1.32 apiserver/pkg/admission/plugin/cel */
export function celContext(request: AdmissionRequest, reader: ObjectReader, param: KubeObject | undefined, info: ResourceInfo = request.resource): Record<string, unknown> {
  const { resource: own, user, namespace, name, subresource } = request;
  const namespaceObject = namespace === undefined ? undefined : reader.get(NAMESPACES, undefined, namespace);
  const authorizer = authorizerFor(user, reader, { group: own.group, version: own.version, resource: own.resource, ...(subresource === undefined ? {} : { subresource }), ...(namespace === undefined ? {} : { namespace }), name });
  return {
    object: celJson(request.object ?? null),
    oldObject: celJson(request.oldObject ?? null),
    params: celJson(param ?? null),
    namespaceObject: celJson(namespaceObject ?? null),
    authorizer,
    request: celJson({
      kind: { group: info.group, version: info.version, kind: info.kind },
      resource: { group: info.group, version: info.version, resource: info.resource },
      subResource: subresource ?? '',
      name,
      namespace: namespace ?? '',
      operation: request.operation,
      userInfo: { username: user.username, groups: user.groups, uid: user.uid ?? '', extra: user.extra ?? {} },
      dryRun: request.dryRun,
      requestKind: { group: own.group, version: own.version, kind: own.kind },
      requestResource: { group: own.group, version: own.version, resource: own.resource },
    }),
  };
}
