import { StreamLanguage } from '@codemirror/language';
import type { StreamParser } from '@codemirror/language';
import { yaml } from '@codemirror/lang-yaml';
import { dockerFile } from '@codemirror/legacy-modes/mode/dockerfile';
import { go } from '@codemirror/legacy-modes/mode/go';
import { javascript, json, typescript } from '@codemirror/legacy-modes/mode/javascript';
import { properties } from '@codemirror/legacy-modes/mode/properties';
import { python } from '@codemirror/legacy-modes/mode/python';
import { shell } from '@codemirror/legacy-modes/mode/shell';
import type { Extension } from '@codemirror/state';

const stream = <State>(parser: StreamParser<State>) => () => StreamLanguage.define(parser);

/** File names and their languages; the first that fits. What is none of these is plain text. */
const LANGUAGES: [RegExp, string, () => Extension][] = [
  [/\.ya?ml$|(^|\/)\.?kube\/config$|\.argo$/i, 'YAML', () => yaml()],
  [/\.(sh|bash|zsh)$|(^|\/)\.(bashrc|profile|bash_profile|bash_aliases|bash_history)$/i, 'Shell', stream(shell)],
  [/\.json$/i, 'JSON', stream(json)],
  [/\.[cm]?jsx?$/i, 'JavaScript', stream(javascript)],
  [/\.[cm]?tsx?$/i, 'TypeScript', stream(typescript)],
  [/\.py$/i, 'Python', stream(python)],
  [/\.go$/i, 'Go', stream(go)],
  [/(^|\/)(Dockerfile|Containerfile)(\.[^/]*)?$|\.dockerfile$/i, 'Dockerfile', stream(dockerFile)],
  [/\.(ini|conf|cfg|properties|env|toml)$|(^|\/)\.env$/i, 'Properties', stream(properties)],
];

/** How a file is highlighted: by its name, or by the first line of a script. */
export function languageOf(path: string, text: string): { name: string; extension: Extension } {
  const found = LANGUAGES.find(([pattern]) => pattern.test(path)) ?? (/^#!.*\b(ba|z|da)?sh\b/.test(text) ? LANGUAGES.find(([, name]) => name === 'Shell') : /^#!.*\bpython/.test(text) ? LANGUAGES.find(([, name]) => name === 'Python') : undefined);
  return found === undefined ? { name: 'Plain text', extension: [] } : { name: found[1], extension: found[2]() };
}
