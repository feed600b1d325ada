import { parseAllDocuments } from 'yaml';
import type { Document, ParsedNode } from 'yaml';

const MAX_MENDS = 500;

/**
 * Reads YAML documents as Go's parser does, which is content with less: a quoted text may go on at the indentation of
 * its key, and so may a closing bracket. Errors of any other kind are left in the documents.
 */
export function readYamlDocuments(text: string, version: '1.1' | '1.2' = '1.1'): Document.Parsed<ParsedNode>[] {
  let mended = text;
  for (let i = 0; i < MAX_MENDS; i++) {
    const documents = [...parseAllDocuments(mended, { version })];
    const problems = documents.flatMap(({ errors }) => errors).sort((a, b) => a.pos[0] - b.pos[0]);
    const [first] = problems;
    // The quoted text ended with its line, for want of indentation: the next line is given some.
    const newline = first === undefined ? -1 : mended.indexOf('\n', first.pos[0]);
    if (first?.code === 'MISSING_CHAR' && newline >= 0 && /Missing closing ["']quote/.test(first.message)) {
      mended = `${mended.slice(0, newline + 1)}  ${mended.slice(newline + 1)}`;
      continue;
    }
    for (const document of documents) document.errors = document.errors.filter(({ code, pos }) => !(code === 'BAD_INDENT' && /[\]}]/.test(mended.charAt(pos[0]))));
    return documents;
  }
  return [...parseAllDocuments(text, { version })];
}
