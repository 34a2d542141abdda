import { RE2JS, RE2JSException } from "re2js";

/** A regular expression that takes time linear in what it is matched against, whatever either is. */
export interface LinearPattern {
  /** Whether it matches anywhere in a text. */
  test(text: string): boolean;
}

/** Patterns with the u flag name a group by what follows: RE2 would take it for letters. */
const namedReference = /\\k</;

/**
 * Compiles a regular expression of JavaScript's syntax, with its u flag, for RE2. Throws a `SyntaxError` for what is none, and for lookaround and
 * backreferences, which no engine matches in linear time. Where the two differ: `\s` and `\b` know ASCII alone, `.` matches U+2028 and U+2029,
 * a repetition goes up to 1000, and `\p{…}` takes a script or general category by its bare name.
 */
export function linearPattern(source: string, ignoreCase = false): LinearPattern {
  // What JavaScript does not take is refused in its own words: RE2 knows syntax that means something else to those who read the config.
  new RegExp(source, ignoreCase ? "iu" : "u");
  if (namedReference.test(source)) throw new SyntaxError("a backreference cannot be matched in linear time");
  try {
    return RE2JS.compile(RE2JS.translateRegExp(source), ignoreCase ? RE2JS.CASE_INSENSITIVE : 0);
  } catch (error) {
    if (error instanceof RE2JSException) throw new SyntaxError(reasonOf(source, error));
    throw error;
  }
}

function reasonOf(source: string, error: Error): string {
  const why = error.message.replace("error parsing regexp: ", "");
  if (/\(\?<?[=!]/.test(source))
    return `lookahead and lookbehind cannot be matched in linear time: write the pattern without (${why})`;
  if (/\\[1-9]/.test(source))
    return `a backreference cannot be matched in linear time: write the pattern without (${why})`;
  return `not a pattern that RE2 takes (https://github.com/google/re2/wiki/Syntax): ${why}`;
}
