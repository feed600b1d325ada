/** 32-bit FNV-1a of a text's UTF-8 bytes, as Argo's ids of nodes have it. */
export function fnv1a32(text: string): number {
  let hash = 2166136261;
  for (const byte of Buffer.from(text, 'utf8')) hash = Math.imul(hash ^ byte, 16777619) >>> 0;
  return hash;
}

/** A node's id: the workflow's name for its root, else with the hash of the node's name. */
export function nodeIdOf(workflow: string, nodeName: string): string {
  return nodeName === workflow ? workflow : `${workflow}-${fnv1a32(nodeName)}`;
}

/** Pod names have at most 253 characters; the hash and a hyphen take 11. */
const MAX_PREFIX = 242;

/** The pod of a node (name format v2). `template` is the name of the resolved template. After argo-workflows v3.7.6 workflow/util/pod_name.go */
export function podNameOf(workflow: string, nodeName: string, template: string): string {
  if (nodeName === workflow) return workflow;
  const prefix = template === '' ? workflow : `${workflow}-${template}`;
  return `${prefix.slice(0, MAX_PREFIX)}-${fnv1a32(nodeName)}`;
}

/** What a node is called below its boundary: `hello1`, `[0]`, `a(0:x)`. */
export function displayNameOf(nodeName: string, boundaryName: string | undefined): string {
  if (boundaryName === undefined) return nodeName;
  const rest = nodeName.startsWith(boundaryName) ? nodeName.slice(boundaryName.length) : nodeName;
  return rest.replace(/^(\[\d+\])?\./, '');
}

/** The step or task that a node belongs to, without its place in loops and retries: `.fanout(0:1)(0)[0]` → `fanout`. */
export function taskNameOf(nodeName: string): string {
  let end = nodeName.length;
  let opener = '';
  for (let i = nodeName.length - 1; i >= 0; i--) {
    const char = nodeName.charAt(i);
    if (opener !== '') {
      if (char === opener) opener = '';
    } else if (char === ')') opener = '(';
    else if (char === ']') opener = '[';
    else {
      end = i + 1;
      break;
    }
  }
  const name = nodeName.slice(0, end);
  return name.slice(name.lastIndexOf('.') + 1);
}
