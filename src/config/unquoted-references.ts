import { Lexer } from "yaml";

/** The lexer's own, which are not in the text: a document begins, a scalar follows, what it holds is a scalar. */
const marks: ReadonlySet<string> = new Set(["\u0002", "\u0018", "\u001f"]);

/**
 * Offsets of references like `${env:KEY}` that stand without quotes inside `{…}` or `[…]`, at most `max`. YAML takes the
 * braces of such a reference for a map, and misreads everything after it.
 */
export function unquotedReferences(text: string, max: number): readonly number[] {
  const found: number[] = [];
  let offset = 0;
  let before = "";
  for (const token of new Lexer().lex(text)) {
    if (token === "{" && before.endsWith("$") && !/^["']/.test(before)) found.push(offset - 1);
    if (found.length >= max) break;
    before = token;
    if (!marks.has(token)) offset += token.length;
  }
  return found;
}
