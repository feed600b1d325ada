import type { JsonObject } from '../../../lib/json.ts';
import type { KubeObject } from '../../store/object.ts';
import { structuralSchema } from './crd-schema.ts';

interface Definition {
  kind: string;
  shortNames?: string[];
  scope?: 'Cluster';
  /** The schemas of the fields beside apiVersion, kind and metadata. */
  properties: JsonObject;
  required: string[];
  columns?: JsonObject[];
  subresources?: JsonObject;
}

/** What the minimal CRDs say of a spec or status: anything goes, and a write replaces the whole. */
const opaque: JsonObject = { type: 'object', 'x-kubernetes-map-type': 'atomic', 'x-kubernetes-preserve-unknown-fields': true };

// After argo-workflows v3.7.6 manifests/base/crds/minimal
const definitions: Definition[] = [
  { kind: 'ClusterWorkflowTemplate', shortNames: ['clusterwftmpl', 'cwft'], scope: 'Cluster', properties: { spec: opaque }, required: ['metadata', 'spec'] },
  { kind: 'CronWorkflow', shortNames: ['cwf', 'cronwf'], properties: { spec: opaque, status: opaque }, required: ['metadata', 'spec'] },
  {
    kind: 'WorkflowArtifactGCTask',
    shortNames: ['wfat'],
    properties: { spec: structuralSchema('ArtifactGCSpec'), status: structuralSchema('ArtifactGCStatus') },
    required: ['metadata', 'spec'],
    subresources: { status: {} },
  },
  { kind: 'WorkflowEventBinding', shortNames: ['wfeb'], properties: { spec: structuralSchema('WorkflowEventBindingSpec') }, required: ['metadata', 'spec'] },
  {
    kind: 'Workflow',
    shortNames: ['wf'],
    properties: { spec: opaque, status: opaque },
    required: ['metadata', 'spec'],
    columns: [
      { description: 'Status of the workflow', jsonPath: '.status.phase', name: 'Status', type: 'string' },
      { description: 'When the workflow was started', format: 'date-time', jsonPath: '.status.startedAt', name: 'Age', type: 'date' },
      {
        description: 'Human readable message indicating details about why the workflow is in this condition.',
        jsonPath: '.status.message',
        name: 'Message',
        type: 'string',
      },
    ],
    subresources: {},
  },
  {
    kind: 'WorkflowTaskResult',
    properties: {
      message: { type: 'string' },
      outputs: structuralSchema('Outputs'),
      phase: { type: 'string' },
      progress: { type: 'string' },
    },
    required: ['metadata'],
  },
  { kind: 'WorkflowTaskSet', shortNames: ['wfts'], properties: { spec: opaque, status: opaque }, required: ['metadata', 'spec'], subresources: { status: {} } },
  { kind: 'WorkflowTemplate', shortNames: ['wftmpl'], properties: { spec: opaque }, required: ['metadata', 'spec'] },
];

function crd(definition: Definition): KubeObject {
  const singular = definition.kind.toLowerCase();
  const plural = `${singular}s`;
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.argoproj.io` },
    spec: {
      group: 'argoproj.io',
      names: {
        kind: definition.kind,
        listKind: `${definition.kind}List`,
        plural,
        ...(definition.shortNames === undefined ? {} : { shortNames: definition.shortNames }),
        singular,
      },
      scope: definition.scope ?? 'Namespaced',
      versions: [
        {
          ...(definition.columns === undefined ? {} : { additionalPrinterColumns: definition.columns }),
          name: 'v1alpha1',
          schema: {
            openAPIV3Schema: {
              properties: { apiVersion: { type: 'string' }, kind: { type: 'string' }, metadata: { type: 'object' }, ...definition.properties },
              required: definition.required,
              type: 'object',
            },
          },
          served: true,
          storage: true,
          ...(definition.subresources === undefined ? {} : { subresources: definition.subresources }),
        },
      ],
    },
  };
}

/** The eight resource types of Argo Workflows. */
export function argoCrds(): KubeObject[] {
  return definitions.map(crd);
}
