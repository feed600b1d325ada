/** Fields of pods whose features a Kubernetes 1.32 has not turned on: they are taken and let go. After kubernetes 1.32 pkg/api/pod/util.go and pkg/features/kube_features.go */
import { isRecord, type JsonRecord } from '../patch/json-values.ts';
import { items, record } from './fill.ts';

const OF_SPEC = ['hostUsers', 'resources', 'resourceClaims'];
const OF_SECURITY = ['supplementalGroupsPolicy', 'seLinuxChangePolicy'];

export function dropDisabledPodFields(spec: JsonRecord): void {
  drop(spec, OF_SPEC);
  drop(record(spec.securityContext), OF_SECURITY);
  for (const kind of ['initContainers', 'containers', 'ephemeralContainers']) {
    for (const container of items(spec, kind)) {
      drop(container, ['resizePolicy']);
      drop(record(container.resources), ['claims']);
      drop(record(container.securityContext), ['procMount']);
    }
  }
  for (const volume of items(spec, 'volumes')) {
    drop(volume, ['image']);
    for (const source of items(record(volume.projected), 'sources')) drop(source, ['clusterTrustBundle']);
    const claim = record(record(volume.ephemeral).volumeClaimTemplate).spec;
    if (isRecord(claim)) dropDisabledClaimFields(claim);
  }
}

export function dropDisabledClaimFields(spec: JsonRecord): void {
  drop(spec, ['volumeAttributesClassName']);
  drop(record(spec.dataSourceRef), ['namespace']);
}

function drop(owner: JsonRecord, names: readonly string[]): void {
  for (const name of names) delete owner[name];
}
