/* eslint-disable no-control-regex */
/** Escape sequences: CSI, OSC and other strings, character sets, and two-character ones. */
const SEQUENCES = /\x1b(?:\[[0-?]*[ -/]*[@-~]|[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)?|[()*+\-./][ -~]|[ -/]*[0-~])/g;

/**
 * What a reader sees of a terminal's output: without escape sequences, and lines that were drawn over (progress, typed
 * corrections) as they looked in the end.
 */
export function plainText(output: string): string {
  const text = output.replace(SEQUENCES, '').replace(/\r+\n/g, '\n');
  return text
    .split('\n')
    .map(lastDrawing)
    .join('\n')
    .replace(/[\x00-\x08\x0b-\x1f\x7f]/g, '');
}

function lastDrawing(line: string): string {
  if (!/[\r\b]/.test(line)) return line;
  const cells: string[] = [];
  let at = 0;
  for (const character of line) {
    if (character === '\r') at = 0;
    else if (character === '\b') at = Math.max(0, at - 1);
    else cells[at++] = character;
  }
  return cells.join('');
}
