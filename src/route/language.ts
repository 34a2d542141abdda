import type { Subject } from "./subject.ts";

/** What a language in a condition is written as: a tag, or the start of one (RFC 5646). */
export const languageRange = /^[a-z]{2,8}(-[a-z0-9]{1,8})*$/i;

/** The contract's own field for it, where a config has one. */
const languageField = "language";

/** The language that a request declares, in lower case: its contract's `language`, else what it accepts most (`accept-language`); undefined: it does not say. */
export function declaredLanguage({ contract, headers }: Subject): string | undefined {
  const declared = contract.field(languageField) ?? preferred(headers.get("accept-language"));
  return declared?.toLowerCase();
}

/** Holds for the languages of a range, as in RFC 4647 §3.3.1: `de` for de-AT too, and not the other way round. */
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
