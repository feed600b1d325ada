import { notFound } from '../api/errors.ts';
import { ApiStatus } from '../api/status.ts';
import { at } from '../auth/fields.ts';
import type { AdmissionPlugin } from './plugin.ts';
import { concerns, refuse } from './plugin.ts';

const IMMORTAL = ['default', 'kube-system', 'kube-public'];
const NAMESPACES = { group: '', resource: 'namespaces' };
const NAME_LABEL = 'kubernetes.io/metadata.name';

/**
 * Nothing is made in a namespace that is not there or that is going; some namespaces stay for ever.
 * After kubernetes 1.32 apiserver/pkg/admission/plugin/namespace/lifecycle
 */
export const namespaceLifecycle: AdmissionPlugin = {
  name: 'NamespaceLifecycle',
  mutate(request, { reader }) {
    const { namespace, operation, object } = request;
    if (concerns(request, '', 'namespaces')) return object;
    if (operation !== 'CREATE' || namespace === undefined || namespace === '' || !request.resource.namespaced) return object;
    const home = reader.get(NAMESPACES, undefined, namespace);
    if (home === undefined) throw notFound(NAMESPACES, namespace);
    if (home.metadata.deletionTimestamp !== undefined || at(home, 'status', 'phase') === 'Terminating') {
      const error = refuse(request, `unable to create new content in namespace ${namespace} because it is being terminated`);
      throw new ApiStatus(error.code, error.reason, error.message, {
        ...error.details,
        causes: [{ reason: 'NamespaceTerminating', message: `namespace ${namespace} is being terminated`, field: 'metadata.namespace' }],
      });
    }
    return object;
  },
  validate(request) {
    if (request.operation === 'DELETE' && concerns(request, '', 'namespaces') && IMMORTAL.includes(request.name)) {
      throw refuse(request, 'this namespace may not be deleted');
    }
  },
};

/** Each namespace carries its name as a label, so that selectors can name it. */
export const namespaceLabel: AdmissionPlugin = {
  name: 'NamespaceLabel',
  mutate(request) {
    const { object } = request;
    if (!concerns(request, '', 'namespaces') || object.metadata.name === '' || object.metadata.labels?.[NAME_LABEL] === object.metadata.name) return object;
    return { ...object, metadata: { ...object.metadata, labels: { ...object.metadata.labels, [NAME_LABEL]: object.metadata.name } } };
  },
};
