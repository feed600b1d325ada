/**
 * The one namespace that `--namespaced` binds a controller to: its own, or that of `--managed-namespace`; undefined for all.
 * After argo-workflows v3.7.6 cmd/workflow-controller/main.go
 */
export function managedNamespace(argv: readonly string[], own: string): string | undefined {
  if (!argv.some((word) => word === '--namespaced' || word === '--namespaced=true')) return undefined;
  const at = argv.findIndex((word) => /^--managed-namespace(=|$)/.test(word));
  const given = at < 0 ? '' : (argv[at]?.split('=')[1] ?? argv[at + 1] ?? '');
  return given === '' ? own : given;
}
