import type { Rule, Severity } from './finding.ts';

function rule(code: string, severity: Severity, finds: string, mend: string): Rule {
  return { code, severity, finds, mend };
}

/** Every rule. Adding one: a line here, and the place that finds it. */
export const RULES: readonly Rule[] = [
  rule('json-syntax', 'error', 'a file that is no JSON', 'Mend the JSON at this place.'),
  rule('json-too-deep', 'error', 'JSON that is nested more than 100 levels deep', 'Take out what does not belong there.'),
  rule('json-trailing-comma', 'warning', 'a comma after the last entry', 'Take the comma out: other hosts may refuse the file.'),
  rule('json-comment', 'warning', 'a comment in JSON', 'Take the comment out: other hosts may refuse the file.'),
  rule('json-duplicate-key', 'warning', 'a key that is there twice', 'Keep one of them.'),
  rule('json-forbidden-key', 'warning', 'a key `__proto__`', 'Take it out.'),
  rule('field-type', 'error', 'a field of the wrong type', 'Write what the field expects; the JSON Schema (`argo-lab schema`) says so in an editor.'),
  rule('key-unknown', 'warning', 'a key that looks misspelt', 'Write the key as it is meant.'),
  rule('key-misplaced', 'warning', 'a key in the wrong place', 'Move it to where it belongs.'),
  rule('assets-object', 'warning', 'assets of a host that are no list', 'Put the entry into brackets: [ … ].'),
  rule('image-unknown', 'warning', 'a `backend.imageid` that is in no list', 'Use ubuntu, kubernetes-kubeadm-1node or kubernetes-kubeadm-2nodes.'),
  rule('layout-unknown', 'warning', 'a layout that does not exist', 'Use ide, terminal, ide-terminal or terminal-terminal.'),
  rule('title-missing', 'warning', 'a scenario without a title', 'Give it one: the name of the folder is shown instead.'),
  rule('step-untitled', 'warning', 'a step without a title', 'Give it one: “Step 3” is shown instead.'),
  rule('index-twice', 'warning', 'a second index beside the one that is read', 'Keep one of them.'),
  rule('index-not-scenario', 'warning', 'an index.json with neither details nor backend', 'Add "details" with "steps", or name the file otherwise.'),

  rule('reference-missing', 'error', 'a page or script that does not exist', 'Create the file, or write its name as it is.'),
  rule('path-escapes', 'error', 'a path or link that leads out of the scenario or the repository', 'Put the file into the scenario.'),
  rule('link-loop', 'error', 'a link that leads in a circle', 'Remove the link.'),
  rule('file-not-regular', 'error', 'a folder, pipe or device where a file should be', 'Put a regular file there.'),
  rule('file-too-large', 'error', 'a file that is too large to be what it should be', 'Split it, or leave out what is not needed.'),
  rule('file-unreadable', 'error', 'a file or folder that may not be read', 'Change its mode.'),
  rule('file-binary', 'error', 'a binary file where a text should be', 'Put a text there.'),
  rule('file-encoding', 'warning', 'a text that is not UTF-8', 'Save the file as UTF-8.'),
  rule('file-empty', 'error', 'an empty index.json', 'Fill or remove it.'),
  rule('too-many', 'error', 'more files, folders or items than are looked at', 'Name a smaller folder.'),

  rule('structure-item-missing', 'error', 'an item of structure.json without a scenario', 'Mend the path, or take the item out.'),
  rule('structure-loop', 'error', 'a course that holds itself', 'Take the item out.'),
  rule('structure-duplicate', 'warning', 'an item that is listed twice', 'List it once.'),
  rule('structure-unlisted', 'warning', 'a scenario that structure.json does not list', 'List it: as it is, nobody sees it.'),

  rule('asset-missing', 'error', 'an asset that does not exist', 'Create the file below assets/, or mend its name.'),
  rule('asset-beside', 'warning', 'an asset beside index.json instead of in assets/', 'Move it to assets/.'),
  rule('asset-folder', 'warning', 'a folder as an asset', 'Write folder/** for all that is in it.'),
  rule('asset-unused', 'warning', 'a file in assets/ that nothing uses', 'List it in details.assets, or remove it.'),

  rule('page-empty', 'warning', 'an empty page', 'Write it, or take the step out.'),
  rule('page-dense', 'warning', 'more than 40,000 characters without an empty line', 'Put empty lines between paragraphs.'),
  rule('fence-unclosed', 'error', 'a block of code that does not end', 'End it with ``` on a line of its own.'),
  rule('fence-reopened', 'warning', 'a block of code that begins within another', 'End the first one before.'),
  rule('action-misspelt', 'warning', 'an action that does not exist', 'Write {{exec}}, {{exec interrupt}}, {{copy}}, {{open}} or {{}}.'),
  rule('placeholder-malformed', 'warning', 'an address that is no `{{TRAFFIC_HOST1_80}}`', 'Write {{TRAFFIC_HOST1_PORT}}, the path behind the braces.'),
  rule('port-never-opened', 'warning', 'a link to a port that nothing in the scenario mentions', 'Start what listens there, or mend the number.'),
  rule('link-broken', 'error', 'a relative link to a file that does not exist', 'Mend the path; it is relative to the page.'),
  rule('picture-broken', 'error', 'a picture that does not exist', 'Mend the path; it is relative to the page.'),
  rule('link-absolute', 'warning', 'a link that begins with a slash', 'Write the whole address, or a path relative to the page.'),
  rule('html-removed', 'warning', 'HTML that is taken out: scripts, styles, forms, frames', 'Write it in Markdown.'),
  rule('file-block', 'warning', 'an editor block that can not work', 'Give it data-filename, a data-target that exists, and a data-marker to insert at.'),
  rule('quiz-malformed', 'warning', 'a question without answers, or without a right one', 'Mark the right answers with (*) or [*].'),
  rule('code-after-exit', 'warning', 'code behind `exit` in the same block', 'Take the exit out: it ends the shell.'),
  rule('translation-differs', 'warning', 'a translated page that runs other commands than the page', 'Keep the code of both the same.'),
  rule('code-prompt', 'warning', 'a prompt `$ ` in code that is run', 'Take the prompt out.'),
  rule('code-quotes', 'warning', 'typographic quotes or unbreakable spaces in code that is run', 'Write plain quotes and spaces.'),
  rule('secret', 'error', 'what looks like a token, a password of a cloud or a private key', 'Take it out and revoke it: a repository keeps its history.'),
  rule('needs-internet', 'warning', 'a command that needs the internet, which a session does not reach', 'Put what it fetches into the assets.'),
  rule('needs-machine', 'warning', 'a command that needs Docker, systemd, a package manager, other users, disks and networks of its own, or the machines of the cluster', 'Use what a session has: a shell and a cluster.'),
  rule('image-not-here', 'warning', 'a container image that the embedded cluster does not have', 'Use an image of the catalogue, or run the scenario with kind.'),

  rule('script-empty', 'warning', 'an empty script', 'Fill it, or take it out of index.json.'),
  rule('script-shebang', 'info', 'a script without `#!`', 'Begin it with #!/bin/bash.'),
  rule('script-crlf', 'warning', 'a script with carriage returns', 'Save it with line feeds only: bash takes a carriage return for part of the word.'),
  rule('script-set-e', 'warning', "`set -e` in a foreground script: the learner's shell ends at the first error", 'Take it out.'),
  rule('script-exit', 'warning', "`exit` in a foreground script: it ends the learner's shell", 'Use if … fi, or put it into a function with return.'),
  rule('verify-always-passes', 'warning', 'a verify script that can not fail', 'End it with exit 1 where the step is not done.'),

  rule('yaml-syntax', 'error', 'a checks.yaml that is no YAML', 'Mend the YAML at this place.'),
  rule('check-invalid', 'error', 'a check that is not described as its kind wants', 'See the list of kinds in scenarios/README.md.'),
  rule('check-duplicate', 'error', 'two checks of a page with the same id', 'Give each its own.'),
  rule('check-without-hint', 'warning', 'a check without a hint', 'Add hints: learners get stuck.'),
  rule('exercise-missing', 'warning', 'checks without a solution that proves them', 'Add exercise: with expectBefore, solution and nearMisses.'),
  rule('near-miss-missing', 'warning', 'an exercise without near misses', 'Add what learners nearly do, and what the check should say to it.'),
  rule('exercise-without-check', 'warning', 'a solution or answer without a check', 'Add a verify script or a checks.yaml.'),
  rule('nothing-found', 'warning', 'a folder without scenarios', 'Name a folder with an index.json in it or below.'),
];

const byCode = new Map(RULES.map((one) => [one.code, one]));

export function ruleOf(code: string): Rule {
  return byCode.get(code) ?? { code, severity: 'error', finds: code, mend: '' };
}

/** The rules as the table of the author's guide. */
export function rulesTable(): string {
  return ['| rule | | finds | mend |', '|---|---|---|---|', ...RULES.map(({ code, severity, finds, mend }) => `| \`${code}\` | ${severity} | ${finds.replaceAll('|', '\\|')} | ${mend.replaceAll('|', '\\|')} |`)].join('\n');
}
