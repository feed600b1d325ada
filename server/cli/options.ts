/** Flags that several commands have, as commander's `option` takes them. */
export const CLUSTER = ['--cluster <provider>', 'embedded, kind, existing, or none for terminals alone', 'embedded'] as const;
export const SANDBOX = ['--sandbox <kind>', 'auto, bubblewrap or none', 'auto'] as const;
export const TIMEOUT = ['--timeout <seconds>', 'how long one command, script or check may take', '60'] as const;
export const JSON_REPORT = ['--json', 'print the report as JSON, and nothing else'] as const;
export const NODE_IMAGE = ['--node-image <image>', 'the image of kind clusters; also KIND_NODE_IMAGE'] as const;
export const ARGO_MANIFEST = ['--argo-manifest <file>', 'manifests of Argo Workflows for kind clusters; also ARGO_MANIFEST'] as const;
export const CONTEXT = ['--context <name>', 'the context of that kubeconfig'] as const;

export function logLevel(usual: 'warn' | 'silent'): readonly [string, string, string] {
  return ['--log-level <level>', 'trace, debug, info, warn, error or silent', usual];
}
