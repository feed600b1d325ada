/** Two values side by side, down to their leaves. After go-cmp v0.7 cmp/compare.go and cmp/report_value.go */
import { parseQuantity } from '../quantity.ts';
import { asStruct, elements, entries, fieldsOf, type GoType, type GoValue, isNil } from './go-values.ts';

export interface DiffNode {
  type: GoType;
  /** Undefined: not there at all (an element or entry that only the other side has). */
  x: GoValue | undefined;
  y: GoValue | undefined;
  same: number;
  different: number;
  children: number;
  depth: number;
  /** Fields, elements or entries; `key` is empty for elements. */
  records: { key: string; node: DiffNode }[];
  /** What a pointer points to. */
  inner?: DiffNode;
}

export function compareValues(type: GoType, x: GoValue | undefined, y: GoValue | undefined): DiffNode {
  const node: DiffNode = { type, x, y, same: 0, different: 0, children: 0, depth: 0, records: [] };
  const leaf = (equal: boolean): DiffNode => {
    if (equal) node.same = 1;
    else node.different = 1;
    return node;
  };
  const take = (child: DiffNode): DiffNode => {
    node.same += child.same;
    node.different += child.different;
    node.children += child.children + 1;
    node.depth = Math.max(node.depth, child.depth + 1);
    return child;
  };
  if (x === undefined || y === undefined) return leaf(false);
  switch (type.kind) {
    case 'ptr':
      if (isNil(x) || isNil(y)) return leaf(isNil(x) && isNil(y));
      node.inner = take(compareValues(type.of, { type: type.of, json: x.json }, { type: type.of, json: y.json }));
      return node;
    case 'struct': {
      if (type.text === 'resource.Quantity') return leaf(sameQuantity(x.json, y.json));
      const [left, right] = [asStruct(x), asStruct(y)];
      for (const field of fieldsOf(type.text)) node.records.push({ key: field.name, node: take(compareValues(field.type, { type: field.type, json: field.from(left) }, { type: field.type, json: field.from(right) })) });
      return node;
    }
    case 'slice':
      if (isNil(x) || isNil(y)) return leaf(isNil(x) && isNil(y));
      for (const [a, b] of paired(elements(x), elements(y))) node.records.push({ key: '', node: take(compareValues(type.of, a, b)) });
      return node;
    case 'map': {
      if (isNil(x) || isNil(y)) return leaf(isNil(x) && isNil(y));
      const [left, right] = [entries(x), entries(y)];
      for (const key of [...new Set([...left.keys(), ...right.keys()])].sort()) node.records.push({ key, node: take(compareValues(type.of, left.get(key), right.get(key))) });
      return node;
    }
    default:
      return leaf((x.json ?? EMPTY[type.kind]) === (y.json ?? EMPTY[type.kind]));
  }
}

const EMPTY = { string: '', bool: false, number: 0 } as const;

function sameQuantity(x: unknown, y: unknown): boolean {
  const [a, b] = [parseQuantity(String(x ?? '0')), parseQuantity(String(y ?? '0'))];
  return 'nano' in a && 'nano' in b && a.nano === b.nano;
}

/** Which elements belong together: those that are alike from both ends, then what is similar in the order in which it comes. */
function paired(x: readonly GoValue[], y: readonly GoValue[]): [GoValue | undefined, GoValue | undefined][] {
  const look = (a: GoValue | undefined, b: GoValue | undefined): 'equal' | 'similar' | 'other' => {
    const { same, different } = compareValues((a ?? b)?.type ?? { kind: 'number', text: 'int', named: false }, a, b);
    return different === 0 ? 'equal' : same + 1 >= different ? 'similar' : 'other';
  };
  let begin = 0;
  while (begin < x.length && begin < y.length && look(x[begin], y[begin]) === 'equal') begin++;
  let [endX, endY] = [x.length, y.length];
  while (endX > begin && endY > begin && look(x[endX - 1], y[endY - 1]) === 'equal') {
    endX--;
    endY--;
  }
  const out: [GoValue | undefined, GoValue | undefined][] = [];
  for (let i = 0; i < begin; i++) out.push([x[i], y[i]]);
  let [i, j] = [begin, begin];
  while (i < endX && j < endY) {
    if (look(x[i], y[j]) !== 'other') out.push([x[i++], y[j++]]);
    else if (endX - i > endY - j) out.push([x[i++], undefined]);
    else if (endX - i < endY - j) out.push([undefined, y[j++]]);
    else out.push([x[i++], undefined], [undefined, y[j++]]);
  }
  while (i < endX) out.push([x[i++], undefined]);
  while (j < endY) out.push([undefined, y[j++]]);
  for (; i < x.length; i++, j++) out.push([x[i], y[j]]);
  return out;
}
