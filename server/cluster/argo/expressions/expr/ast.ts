/** A node of an expression; `at` is the offset that an error of the node points at. */
export type Node = { at: number } & (
  | { kind: 'nil' }
  | { kind: 'bool'; value: boolean }
  | { kind: 'int'; value: bigint }
  | { kind: 'float'; value: number }
  | { kind: 'string'; value: string }
  | { kind: 'identifier'; name: string }
  | { kind: 'unary'; operator: string; operand: Node }
  | { kind: 'binary'; operator: string; left: Node; right: Node }
  | { kind: 'chain'; node: Node }
  | { kind: 'member'; node: Node; property: Node; optional: boolean }
  | { kind: 'slice'; node: Node; from: Node | undefined; to: Node | undefined }
  | { kind: 'call'; callee: Node; args: Node[] }
  | { kind: 'builtin'; name: string; args: Node[] }
  | { kind: 'predicate'; body: Node }
  | { kind: 'pointer'; name: string }
  | { kind: 'let'; name: string; value: Node; body: Node }
  | { kind: 'sequence'; nodes: Node[] }
  | { kind: 'conditional'; condition: Node; then: Node; otherwise: Node }
  | { kind: 'array'; items: Node[] }
  | { kind: 'map'; pairs: { key: Node; value: Node }[] }
);
