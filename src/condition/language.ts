import type { Subject } from "./subject.ts";

/** A language tag, or the start of one (RFC 5646). */
export const languageRange = /^[a-z]{2,8}(-[a-z0-9]{1,8})*$/i;

/** The contract's field that declares a language, where a config has one. */
const languageField = "language";

/** The language that a request declares, in lower case: `language` of its contract, else the first choice of `accept-language`; undefined if it declares none. */
export function declaredLanguage({ contract, headers }: Subject): string | undefined {
  const declared = contract.field(languageField) ?? preferred(headers.get("accept-language"));
  return declared?.toLowerCase();
}

/** Basic filtering, RFC 4647 §3.3.1: the range `de` includes de-AT, and `de-AT` does not include de. */
export function inLanguageRange(tag: string, range: string): boolean {
  const wanted = range.toLowerCase();
  return tag === wanted || tag.startsWith(`${wanted}-`);
}

/** The tag with the highest weight, the first of equals; `*` is no language. */
function preferred(acceptLanguage: string | undefined): string | undefined {
  let best: { readonly tag: string; readonly weight: number } | undefined;
  for (const part of acceptLanguage?.split(",") ?? []) {
    const [tag = "", quality] = part.split(";", 2).map((text) => text.trim());
    const weight = quality === undefined ? 1 : Number(/^q=(\d(?:\.\d{1,3})?)$/.exec(quality)?.[1] ?? 0);
    if (languageRange.test(tag) && weight > (best?.weight ?? 0)) best = { tag, weight };
  }
  return best?.tag;
}
