import type { Finding, Severity } from './finding.ts';
import type { LintResult } from './lint.ts';
import { RULES, ruleOf } from './rules.ts';

export const REPORT_FORMATS = ['pretty', 'json', 'github', 'sarif'] as const;
export type ReportFormat = (typeof REPORT_FORMATS)[number];

/** Findings for a person, for a program, for GitHub's annotations, or as SARIF 2.1.0. `took` is in milliseconds. */
export function formatFindings(result: LintResult, format: ReportFormat, options: { took: number; colour?: boolean }): string {
  switch (format) {
    case 'json':
      return `${JSON.stringify({ scenarios: result.scenarios, courses: result.courses, ...countOf(result.findings), findings: result.findings }, undefined, 2)}\n`;
    case 'github':
      return result.findings.map(annotation).join('');
    case 'sarif':
      return `${JSON.stringify(sarif(result.findings), undefined, 2)}\n`;
    case 'pretty':
      return pretty(result, options.took, options.colour ?? false);
  }
}

export function countOf(findings: readonly Finding[]): { errors: number; warnings: number; infos: number } {
  const of = (severity: Severity) => findings.filter((finding) => finding.severity === severity).length;
  return { errors: of('error'), warnings: of('warning'), infos: of('info') };
}

function pretty({ findings, scenarios }: LintResult, took: number, colour: boolean): string {
  const paint = (code: number, text: string) => (colour ? `\u001b[${code}m${text}\u001b[0m` : text);
  const shades: Record<Severity, number> = { error: 31, warning: 33, info: 36 };
  const out: string[] = [];
  let file: string | undefined;
  for (const finding of findings) {
    if (finding.file !== file) out.push(`${file === undefined ? '' : '\n'}${paint(1, printable(finding.file))}`);
    file = finding.file;
    const place = finding.line === undefined ? '' : `${finding.line}:${finding.column ?? 1}`;
    out.push(`  ${place.padEnd(8)}${paint(shades[finding.severity], finding.severity.padEnd(8))} ${printable(finding.message)}  ${paint(2, finding.code)}`);
    if (finding.mend !== '') out.push(`          ${paint(2, `→ ${finding.mend}`)}`);
  }
  const { errors, warnings, infos } = countOf(findings);
  const many = (count: number, word: string) => `${count} ${word}${count === 1 ? '' : 's'}`;
  const found = findings.length === 0 ? 'no findings' : [many(errors, 'error'), many(warnings, 'warning'), ...(infos === 0 ? [] : [many(infos, 'note')])].join(', ');
  return `${out.join('\n')}${out.length === 0 ? '' : '\n\n'}${many(scenarios, 'scenario')}: ${found} (${(took / 1000).toFixed(1)} s)\n`;
}

/** What stands in files must not steer the terminal. */
function printable(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, '\uFFFD');
}

/** `::error file=…,line=…,col=…,title=…::message`, escaped as GitHub wants it. */
function annotation({ file, line, column, code, severity, message, mend }: Finding): string {
  const data = (text: string) => text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
  const property = (text: string) => data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
  const place = line === undefined ? '' : `,line=${line},col=${column ?? 1}`;
  return `::${severity === 'info' ? 'notice' : severity} file=${property(file)}${place},title=${property(code)}::${data(mend === '' ? message : `${message} ${mend}`)}\n`;
}

function sarif(findings: readonly Finding[]): object {
  const level = (severity: Severity) => (severity === 'info' ? 'note' : severity);
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: 'argo-lab', rules: RULES.map(({ code, severity, finds, mend }) => ({ id: code, shortDescription: { text: finds }, help: { text: mend }, defaultConfiguration: { level: level(severity) } })) } },
        results: findings.map(({ file, line, column, code, severity, message }) => ({
          ruleId: code,
          ruleIndex: RULES.indexOf(ruleOf(code)),
          level: level(severity),
          message: { text: message },
          locations: [{ physicalLocation: { artifactLocation: { uri: file.split('/').map(encodeURIComponent).join('/') }, ...(line === undefined ? {} : { region: { startLine: line, startColumn: column ?? 1 } }) } }],
        })),
      },
    ],
  };
}
