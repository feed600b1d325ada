import { quantityNano } from '../api/schema/quantity.ts';
import { at, text } from '../auth/fields.ts';
import { type AdmissionPlugin, concerns, refuse } from './plugin.ts';

const CLASSES = { group: 'storage.k8s.io', resource: 'storageclasses' };

/** A claim that has its volume grows only where its class says that volumes can. After kubernetes 1.32 plugin/pkg/admission/storage/persistentvolume/resize */
export const claimResize: AdmissionPlugin = {
  name: 'PersistentVolumeClaimResize',
  validate(request, { reader }) {
    const { object, oldObject } = request;
    if (object === undefined || oldObject === undefined || !concerns(request, '', 'persistentvolumeclaims')) return;
    const size = (claim: unknown): bigint => quantityNano(at(claim, 'spec', 'resources', 'requests', 'storage') ?? 0);
    if (size(object) <= size(oldObject) || text(at(oldObject, 'status', 'phase')) !== 'Bound') return;
    const storageClass = reader.get(CLASSES, undefined, text(at(object, 'spec', 'storageClassName')));
    if (storageClass?.['allowVolumeExpansion'] !== true) throw refuse(request, 'only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize');
  },
};
