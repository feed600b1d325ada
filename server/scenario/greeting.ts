const LONGEST = 4000;

/**
 * `environment.uimessage1` as it is written to the first terminal, above its prompt: text, colours and line breaks stay,
 * whatever else a terminal would obey goes. Undefined where nothing is left.
 */
export function greetingOf(message: string | undefined): string | undefined {
  if (message === undefined) return undefined;
  const lines = message
    .slice(0, LONGEST)
    // Authors write the escape as JSON does, or as a shell does.
    .replace(/\\(?:e|033|x1b|u001b)(?=\[)/gi, '\u001b')
    .replace(/\r\n?|\n/g, '\n')
    // eslint-disable-next-line no-control-regex
    .replace(/\u001b\[([0-9;]{0,40})m|\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|.)?|[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, (_whole, colour: string | undefined) => (colour === undefined ? '' : `\u001b[${colour}m`))
    .trimEnd();
  // eslint-disable-next-line no-control-regex
  if (lines.replace(/\u001b\[[0-9;]*m/g, '').trim() === '') return undefined;
  return `${lines.replaceAll('\n', '\r\n')}\u001b[m\r\n`;
}
