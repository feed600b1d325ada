/** Widths as Go counts them: characters, escape sequences included. */
const width = (text: string): number => [...text].length;

/**
 * Aligns cells as Go's text/tabwriter does with the given padding: a column is as wide as its widest cell in a run of
 * lines, and only cells that are followed by another one count. Lines are lists of cells.
 */
export function alignCells(lines: readonly (readonly string[])[], padding: number): string {
  const widths: number[][] = lines.map((line) => line.map(() => 0));
  const columns = Math.max(0, ...lines.map((line) => line.length - 1));
  for (let column = 0; column < columns; column++) {
    for (let start = 0; start < lines.length; ) {
      if ((lines[start]?.length ?? 0) - 1 <= column) {
        start++;
        continue;
      }
      let end = start;
      while (end < lines.length && (lines[end]?.length ?? 0) - 1 > column) end++;
      const block = lines.slice(start, end);
      const widest = Math.max(...block.map((line) => width(line[column] ?? '')));
      for (let row = start; row < end; row++) {
        const cells = widths[row];
        if (cells !== undefined) cells[column] = widest + padding;
      }
      start = end;
    }
  }
  return lines.map((line, row) => `${line.map((cell, column) => (column === line.length - 1 ? cell : cell + ' '.repeat(Math.max(0, (widths[row]?.[column] ?? 0) - width(cell))))).join('')}\n`).join('');
}
