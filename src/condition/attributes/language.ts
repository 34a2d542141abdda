import type { Attribute } from "../attribute.ts";
import { declaredLanguage, inLanguageRange, languageRange } from "../language.ts";

/** The language that the request declares, compared with ranges: `de` includes de-AT. */
export const language: Attribute = {
  name: "language",
  read: (subject) => declaredLanguage(subject),
  matcher: (wanted) => (tag) => wanted.some((range) => inLanguageRange(tag, range)),
  problem: (wanted) =>
    wanted.every((value) => languageRange.test(value))
      ? undefined
      : "language is compared with language tags, as in de or pt-BR",
};
