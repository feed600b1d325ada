import { type Difference, isAccident, type PageParity, type ParityReport } from './parity.ts';

const WORDS: Record<Difference['kind'], string> = { stdout: 'prints', 'exit-code': 'exit code', field: 'field', verdict: 'verdict', order: 'order', moment: 'moment', missing: 'ran' };
/** Of a text that differs, so much is shown. */
const MOST_LINES = 6;

/** For a terminal: a line a step, and beneath it where the sides differ. */
export function parityText(report: ParityReport): string {
  const lines = [`${report.scenario}: ${report.left} and ${report.right}`, ''];
  for (const page of report.pages) {
    lines.push(`${real(page).length === 0 ? '✓' : '✗'} ${page.title} (${page.page}): ${counted(page)}`);
    for (const difference of page.differences) {
      lines.push(`    ${WORDS[difference.kind]}${difference.field === undefined ? '' : ` ${difference.field}`}: ${firstLine(difference.what)}`);
      if (isAccident(difference)) continue;
      lines.push(...block(report.left, difference.left), ...block(report.right, difference.right));
    }
  }
  return `${[...lines, '', summary(report)].join('\n')}\n`;
}

/** A table for a document, and a list of what differs. */
export function parityMarkdown(report: ParityReport): string {
  const cell = (text: string) => text.replaceAll('|', '\\|').replaceAll('\n', ' ').trim();
  const rows = report.pages.filter((page) => page.compared + page.verdicts + page.differences.length > 0).map((page) => `| ${cell(page.title)} | ${page.compared} | ${page.verdicts} | ${real(page).length === 0 ? 'none' : real(page).length} |`);
  const details = report.pages.flatMap((page) => real(page).map((difference) => `- ${cell(page.title)}: ${WORDS[difference.kind]}${difference.field === undefined ? '' : ` \`${difference.field}\``} of \`${cell(shorten(difference.what, 90))}\`: ${report.left} \`${cell(shorten(difference.left, 120))}\`, ${report.right} \`${cell(shorten(difference.right, 120))}\``));
  return `${[`| step | commands compared | verdicts compared | differences (${report.left}, ${report.right}) |`, '|---|---|---|---|', ...rows, ...(details.length === 0 ? [] : ['', ...details])].join('\n')}\n`;
}

function summary(report: ParityReport): string {
  const compared = report.pages.reduce((sum, page) => sum + page.compared, 0);
  const verdicts = report.pages.reduce((sum, page) => sum + page.verdicts, 0);
  const differing = report.pages.reduce((sum, page) => sum + real(page).length, 0);
  return `${compared} commands and ${verdicts} verdicts compared: ${differing === 0 ? 'no difference' : differing === 1 ? '1 difference' : `${differing} differences`}`;
}

function real(page: PageParity): Difference[] {
  return page.differences.filter((difference) => !isAccident(difference));
}

function counted(page: PageParity): string {
  const differing = real(page).length;
  return `${page.compared} commands, ${page.verdicts} verdicts, ${differing === 0 ? 'no difference' : `${differing} different`}`;
}

function block(name: string, text: string): string[] {
  const lines = text === '' ? ['(nothing)'] : text.split('\n');
  const shown = lines.slice(0, MOST_LINES);
  const pad = ' '.repeat(name.length + 2);
  return [...shown.map((line, i) => `      ${i === 0 ? `${name}: ` : pad}${shorten(line, 200)}`), ...(lines.length > MOST_LINES ? [`      ${pad}… ${lines.length - MOST_LINES} more lines`] : [])];
}

function firstLine(text: string): string {
  return shorten(text.split('\n')[0] ?? '', 120);
}

function shorten(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}
