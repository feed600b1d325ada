/** What a session puts in place of the addresses in pages and scripts. */
export interface PlaceholderValues {
  /** The address of a port, with `{port}` where its number goes: `http://{port}-s1.localhost:8080`. */
  portUrl: string;
  /** A page where the learner chooses a port. Default: the address of port 80. */
  selectorUrl?: string;
  /** The machines' address as the scenario's processes see it. Default: 127.0.0.1. */
  hostIp?: string;
  /** The home as the scenario's processes see it. Default: /root, which scenarios take for granted; where it is another folder, that stands in its place. */
  home?: string;
}

const TRAFFIC = /\{\{TRAFFIC_HOST\d+_(\d{1,5})\}\}|\{\{(TRAFFIC_SELECTOR)\}\}/g;
/** The older dialect's address of a port; the port may be a shell expression. */
const KATACODA_URL = /((?:https?:)?\/\/)?\[\[(?:HOST\d{0,2}|CLIENT)_SUBDOMAIN\]\]-([^\s"'`[\]<>]{1,80}?)-\[\[KATACODA_HOST\]\](?:\.environments\.katacoda\.com|\.\[\[KATACODA_DOMAIN\]\])?/g;
/** A path in a script: `/root` itself or something in it, never the end of another path. */
const ROOT = /(^|[\s"'`=(<>|&;,[!@])\/root(?=$|[/\s"'`;|&<>(){},\]])/gm;
/** Where the older host's plain machines began: the home by another name. */
const OLD_HOME = /\/home\/scrapbook\/tutorial(?![\w-])/g;
/** A path that a shell takes as it stands, quoted or not. */
const PLAIN_PATH = /^\/[\w./@%+-]*$/;
const WORD = /\[\[(HOST\d{0,2}_IP|(?:HOST\d{0,2}|CLIENT)_SUBDOMAIN|KATACODA_HOST|KATACODA_DOMAIN)\]\]/g;

export function isPort(text: string): boolean {
  const port = Number(text);
  return Number.isInteger(port) && port >= 1 && port <= 65535;
}

/**
 * Fills `{{TRAFFIC_HOST1_80}}`, `{{TRAFFIC_SELECTOR}}` and Katacoda's `[[HOST_SUBDOMAIN]]` and friends. Anything else in
 * braces or brackets, such as Go templates and bash's `[[ … ]]`, stays as it is.
 */
export function fillPlaceholders(text: string, values: PlaceholderValues): string {
  const url = (port: string) => values.portUrl.replace('{port}', () => port);
  const withoutScheme = (address: string) => address.replace(/^https?:\/\//, '');
  // `{port}-s1.localhost:8080` taken apart, for scenarios that put the pieces together themselves.
  const [label = '', ...domain] = withoutScheme(url('')).replace(/^-/, '').split('.');
  return inHome(text, values.home)
    .replace(TRAFFIC, (whole: string, port: string | undefined) => (port === undefined ? (values.selectorUrl ?? url('80')) : isPort(port) ? url(String(Number(port))) : whole))
    .replace(KATACODA_URL, (_whole, scheme: string | undefined, port: string) => (scheme === undefined ? withoutScheme(url(port)) : url(port)))
    .replace(WORD, (_whole, word: string) => (word.endsWith('_IP') ? (values.hostIp ?? '127.0.0.1') : word.endsWith('_SUBDOMAIN') ? label : word === 'KATACODA_HOST' ? label : domain.join('.')));
}

/** A text in which the home is always called /root. */
export function atRoot(text: string): string {
  return text.includes('/home/scrapbook') ? text.replace(OLD_HOME, '/root') : text;
}

/** Without a sandbox there is no /root of a session's own: in code, the home takes its place. A home whose name a shell would split stays out of it. */
export function inHome(written: string, home: string | undefined): string {
  const text = atRoot(written);
  return home === undefined || home === '/root' || !PLAIN_PATH.test(home) ? text : text.replace(ROOT, (_whole, before: string) => `${before}${home}`);
}
