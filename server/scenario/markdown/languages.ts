/** What authors call the languages of code blocks → how the highlighter calls them. Those of '' are shown plain. */
export const LANGUAGES: Readonly<Record<string, string>> = {
  ...Object.fromEntries(['text', 'plain', 'plaintext', 'plan', 'txt', 'none', 'log', 'output', 'screenshot', 'snapshot', 'crontab', 'conf', 'properties', 'csv', 'vim', 'http', 'mermaid', 'curl', 'alloy', 'razor', 'erb', 'jinja', 'jinja2', 'apacheconf', 'apache', 'nginx', 'make', 'makefile', 'cmd', 'bat', 'promql', 'graphql', 'proto', 'protobuf', 'regex', 'env', 'dotenv', 'lua', 'perl', 'r', 'swift', 'kotlin', 'scala', 'dart', 'elixir', 'solidity', 'cs', 'csharp', 'c#', 'c', 'cpp', 'c++', 'groovy', 'jenkinsfile', 'powershell', 'ps1', 'pwsh', 'rego', 'cue'].map((name) => [name, ''])),
  bash: 'bash', sh: 'bash', shell: 'bash', console: 'bash', zsh: 'bash', dbash: 'bash', ksh: 'bash', 'shell-session': 'bash', shellsession: 'bash', terminal: 'bash', plsh: 'bash',
  yaml: 'yaml', yml: 'yaml', '.yaml': 'yaml', '.yml': 'yaml', compose: 'yaml', helm: 'yaml',
  json: 'json', json5: 'json', jsonc: 'json',
  js: 'javascript', javascript: 'javascript', node: 'javascript', jsx: 'javascript', mjs: 'javascript',
  ts: 'typescript', typescript: 'typescript', tsx: 'typescript',
  py: 'python', python: 'python', python3: 'python',
  docker: 'dockerfile', dockerfile: 'dockerfile',
  sql: 'sql', sql92: 'sql', postgresql: 'sql', pgsql: 'sql', postgres: 'sql', mysql: 'sql', '.sql': 'sql',
  go: 'go', golang: 'go', java: 'java', xml: 'xml', html: 'html', css: 'css', ini: 'ini', toml: 'toml', hcl: 'hcl', terraform: 'hcl', tf: 'hcl', diff: 'diff', patch: 'diff', ruby: 'ruby', rb: 'ruby', rust: 'rust', php: 'php', md: 'markdown', markdown: 'markdown',
};

export function isLanguage(name: string): boolean {
  return Object.hasOwn(LANGUAGES, name.toLowerCase());
}

/** Whether code of this language is for the shell; code without one is taken for it. */
export function isShell(language: string): boolean {
  return language === '' || LANGUAGES[language.toLowerCase()] === 'bash';
}
