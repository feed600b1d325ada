import type { AdmissionPlugin } from './plugin.ts';
import type { ObjectReader } from '../store/reader.ts';

/** Kinds that are stored, shown and watched, while nothing acts on them: what that means for whoever makes one. */
export const STORED_ONLY: Readonly<Record<string, string>> = {
  'networking.k8s.io/networkpolicies': 'connections between pods are not filtered',
  'apiregistration.k8s.io/apiservices': 'requests are not passed on to other API servers',
  'flowcontrol.apiserver.k8s.io/flowschemas': 'requests are not queued by priority',
  'flowcontrol.apiserver.k8s.io/prioritylevelconfigurations': 'requests are not queued by priority',
  'storage.k8s.io/csidrivers': 'there are no storage drivers',
  'storage.k8s.io/csinodes': 'there are no storage drivers',
  'storage.k8s.io/csistoragecapacities': 'there are no storage drivers',
  'storage.k8s.io/volumeattachments': 'there are no storage drivers',
};

/** What was said already, by cluster. */
const said = new WeakMap<ObjectReader, Set<string>>();

/** Says so with a Warning header the first time that somebody makes one: an emulator's own word, not Kubernetes'. */
export const storedOnly: AdmissionPlugin = {
  name: 'StoredOnly',
  validate(request, { reader }) {
    const { group, resource, kind } = request.resource;
    const note = STORED_ONLY[`${group}/${resource}`];
    if (note === undefined || request.operation !== 'CREATE' || (request.subresource ?? '') !== '') return;
    const known = said.get(reader) ?? new Set();
    said.set(reader, known);
    if (known.has(kind)) return;
    if (!request.dryRun) known.add(kind);
    request.warn(`argo-lab stores a ${kind}, but nothing acts on it: ${note}`);
  },
};
