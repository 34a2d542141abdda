/**
 * A JSON text in which everything between its strings was rewritten by `rewrite`; the strings stay as they are. Takes time in proportion to the
 * text, whatever it holds.
 */
export function rewriteOutsideStrings(json: string, rewrite: (between: string) => string): string {
  const pieces: string[] = [];
  let at = 0;
  while (at < json.length) {
    const open = json.indexOf('"', at);
    const start = open < 0 ? json.length : open;
    if (start > at) pieces.push(rewrite(json.slice(at, start)));
    if (open < 0) break;
    at = endOfString(json, open);
    pieces.push(json.slice(open, at));
  }
  return pieces.join("");
}

/**
 * True if `test` holds for some piece between the strings of a JSON text. Far faster than a search through all of a long text: strings are passed over
 * by their quotes. Pieces of fewer characters than `charsMin` are not looked at.
 */
export function someOutsideStrings(
  json: string,
  charsMin: number,
  test: (between: string) => boolean,
): boolean {
  let at = 0;
  while (at < json.length) {
    const open = json.indexOf('"', at);
    const start = open < 0 ? json.length : open;
    if (start - at >= charsMin && test(json.slice(at, start))) return true;
    if (open < 0) break;
    at = endOfString(json, open);
  }
  return false;
}

/** Offset after the string that begins at `open`; the text's length if it does not end. */
function endOfString(json: string, open: number): number {
  let at = open + 1;
  for (;;) {
    const quote = json.indexOf('"', at);
    if (quote < 0) return json.length;
    let slashes = 0;
    while (json[quote - 1 - slashes] === "\\") slashes += 1;
    at = quote + 1;
    if (slashes % 2 === 0) return at;
  }
}
