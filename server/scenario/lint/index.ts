export { type Finding, type LintOptions, type LintResult, RULES, type Rule, type Severity, lintFolders, lintScenario, rulesTable } from './lint.ts';
export { formatFindings, type ReportFormat, REPORT_FORMATS } from './report.ts';
