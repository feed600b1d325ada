import { describe, expect, it } from 'vitest';
import { parseRequest } from '../../../../server/cluster/api/request-info.ts';

const resource = (url: string) => parseRequest(url).resource;

describe('the path of a request', () => {
  it('names a resource of the core group or of a named one', () => {
    expect(resource('/api/v1/namespaces/argo/pods/p/log?container=main')).toEqual({ group: '', version: 'v1', namespace: 'argo', resource: 'pods', name: 'p', subresource: 'log', watchPrefix: false });
    expect(resource('/apis/apps/v1/deployments')).toEqual({ group: 'apps', version: 'v1', resource: 'deployments', watchPrefix: false });
  });

  it('tells a namespace from what is in it', () => {
    expect(resource('/api/v1/namespaces/argo')).toEqual({ group: '', version: 'v1', resource: 'namespaces', name: 'argo', watchPrefix: false });
    expect(resource('/api/v1/namespaces/argo/finalize')).toEqual({ group: '', version: 'v1', resource: 'namespaces', name: 'argo', subresource: 'finalize', watchPrefix: false });
  });

  it('is no resource for documents and health', () => {
    for (const path of ['/api', '/api/v1', '/apis/apps/v1', '/healthz', '/openapi/v3/apis/apps/v1', '/version']) expect(resource(path)).toBeUndefined();
  });
});
