import { invalid } from '../api/errors.ts';
import { parseSigningRequest } from '../auth/certificates.ts';
import { at, record, records, text, texts } from '../auth/fields.ts';
import { authorize } from '../auth/rbac.ts';
import type { KubeObject } from '../store/object.ts';
import type { AdmissionPlugin } from './plugin.ts';
import { refuse } from './plugin.ts';

const GROUP = 'certificates.k8s.io';

/** A condition that is new changed when it was written. */
function withTimes(object: KubeObject): KubeObject {
  const conditions = records(at(object, 'status', 'conditions'));
  if (conditions.length === 0) return object;
  const timed = conditions.map((c) => (typeof c['lastTransitionTime'] === 'string' ? c : { ...c, lastTransitionTime: c['lastUpdateTime'] }));
  return { ...object, status: { ...record(object['status']), conditions: timed } };
}

/** After kubernetes 1.32 plugin/pkg/admission/certificates/approval and …/subjectrestriction */
export const certificateRequests: AdmissionPlugin = {
  name: 'CertificateRequests',
  mutate(request) {
    const { object, resource, operation } = request;
    if (resource.group !== GROUP || resource.resource !== 'certificatesigningrequests') return object;
    if (operation === 'UPDATE' && request.subresource === 'approval') return withTimes(object);
    if (operation !== 'CREATE') return object;
    // Who asks is what the server saw, whatever the object says.
    const { user } = request;
    const spec = typeof object['spec'] === 'object' ? object['spec'] : {};
    return {
      ...object,
      spec: {
        ...spec,
        username: user.username,
        ...(user.uid === undefined ? {} : { uid: user.uid }),
        groups: user.groups,
        ...(user.extra === undefined ? {} : { extra: user.extra }),
      },
    };
  },
  validate(request, { reader }) {
    const { object, resource } = request;
    if (object === undefined || resource.group !== GROUP || resource.resource !== 'certificatesigningrequests') return;
    if (request.operation === 'CREATE' && texts(at(object, 'spec', 'usages')).length === 0) {
      throw invalid({ group: GROUP, kind: 'CertificateSigningRequest' }, object.metadata.name, [{ reason: 'FieldValueRequired', message: 'Required value', field: 'spec.usages' }]);
    }
    const signer = text(at(object, 'spec', 'signerName'));
    if (request.operation === 'CREATE' && signer === 'kubernetes.io/kube-apiserver-client') {
      const parsed = parseSigningRequest(Buffer.from(text(at(object, 'spec', 'request')), 'base64').toString('utf8'));
      if (parsed?.subject.organizations?.includes('system:masters') === true) {
        throw refuse(request, `use of ${signer} signer with system:masters group is not allowed`);
      }
    }
    if (request.operation !== 'UPDATE' || request.subresource !== 'approval') return;
    const before = records(at(request.oldObject, 'status', 'conditions'));
    if (records(at(object, 'status', 'conditions')).length === before.length) return;
    const may = (name: string) => authorize({ user: request.user, verb: 'approve', resource: { group: GROUP, version: '*', resource: 'signers', name } }, reader).allowed;
    const domain = `${signer.split('/')[0] ?? ''}/*`;
    if (!may(signer) && !may(domain)) throw refuse(request, `user not permitted to approve requests with signerName ${JSON.stringify(signer)}`);
  },
};
