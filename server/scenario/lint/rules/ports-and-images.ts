import { shellCodeOf } from '../../needs.ts';
import { shellCommands } from '../../shell-commands.ts';
import type { ScenarioContext } from '../context.ts';

/** Programs that listen on a port that nobody has to name. */
const WELL_KNOWN: Readonly<Record<string, RegExp>> = { 80: /\b(?:nginx|apache2?|httpd|ingress|traefik|haproxy|caddy)\b/i, 443: /\b(?:nginx|ingress|traefik|https)\b/i, 8080: /\b(?:tomcat|jenkins)\b/i, 3000: /\bgrafana\b/i, 9090: /\bprometheus\b/i, 8001: /kubectl\s+proxy/, 5432: /postgres/i, 2746: /\bargo\b/i };

/** More are no links to programs. */
const MOST_PORTS = 100;

/** Links to ports that nothing else mentions: nothing will listen there. */
export function ports({ pages, scripts, assets, index, say }: ScenarioContext): void {
  const links = new Map<string, { file: string; line: number; column: number; page: string }>();
  const rest: string[] = [...scripts.map(({ text }) => text), ...assets.flatMap(({ text }) => (text === undefined ? [] : [text]))];
  for (const { file, text, page } of pages) {
    if (text.includes('{{TRAFFIC_HOST')) {
      for (const [line, content] of text.split('\n').entries()) {
        for (const match of content.length > 100_000 ? [] : content.matchAll(/\{\{TRAFFIC_HOST\d{1,2}_(\d{1,5})\}\}/g)) if (match[1] !== undefined && links.size < MOST_PORTS && !links.has(match[1])) links.set(match[1], { file, line: line + 1, column: match.index + 1, page: page.id });
      }
    }
    rest.push(text.replace(/\{\{TRAFFIC_HOST\d{1,2}_\d{1,5}\}\}/g, ''));
  }
  if (links.size === 0) return;
  rest.push(JSON.stringify(index.json.value) ?? '');
  for (const [port, at] of links) {
    const mention = new RegExp(`(?<!\\d)${port}(?!\\d)`);
    const program = WELL_KNOWN[port];
    if (!rest.some((text) => mention.test(text) || program?.test(text) === true)) say('port-never-opened', at, `nothing in the scenario opens port ${port}`);
  }
}

const IMAGE_LINE = /^[ \t-]*image:[ \t]*["']?([\w./:@-]{2,200})["']?[ \t]*(?:#.*)?$/;

/** Container images that the cluster does not have. */
export async function images({ pages, scripts, assets, options, say }: ScenarioContext): Promise<void> {
  if (options.images === undefined) return;
  const found = new Map<string, { file: string; line: number; column: number; page?: string }>();
  const look = (image: string, at: { file: string; line: number; column: number; page?: string }) => {
    if (!image.includes('$') && !found.has(image)) found.set(image, at);
  };
  const manifest = (file: string, text: string, first: number, page?: string) => {
    for (const [index, line] of text.split('\n').entries()) {
      const image = line.length > 500 ? undefined : IMAGE_LINE.exec(line)?.[1];
      if (image !== undefined) look(image, { file, line: first + index, column: 1, ...(page === undefined ? {} : { page }) });
    }
  };
  const shell = (file: string, text: string, first: number, page: string) => {
    for (const { name, args, line } of shellCommands(text)) {
      if (name !== 'kubectl' && name !== 'k') continue;
      for (const [index, arg] of args.entries()) {
        const image = arg.startsWith('--image=') ? arg.slice(8) : arg === '--image' ? args[index + 1] : undefined;
        if (image !== undefined && /^[\w./:@-]{2,200}$/.test(image)) look(image, { file, line: first + line - 1, column: 1, page });
      }
    }
    manifest(file, text, first, page);
  };
  for (const { file, text, page, parsed } of pages) {
    for (const code of shellCodeOf(text)) shell(file, code.text, code.line, page.id);
    for (const block of parsed.blocks) if (block.kind === 'file' || block.action.action === 'copy') manifest(file, block.code, block.line + 1, page.id);
  }
  for (const { file, text, page } of scripts) shell(file, text, 1, page.id);
  for (const { file, text, path } of assets) if (text !== undefined && /\.(?:ya?ml|sh)$/.test(path)) manifest(file, text, 1);
  if (found.size === 0) return;
  const hasImage = await options.images();
  for (const [image, at] of found) if (!hasImage(image)) say('image-not-here', at, `the embedded cluster has no image ${image}`);
}
