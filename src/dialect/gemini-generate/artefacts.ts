import { textOf } from "../json-view.ts";
import { cleanMember, type OwnArtefacts } from "../own-artefacts.ts";

/** Gemini: thoughts with another vendor's proof. Gemini itself signs calls and words, never a summary of its thoughts (https://ai.google.dev/gemini-api/docs/thought-signatures, 2026-12-01). */
export const generateArtefacts: OwnArtefacts = {
  marks: ['"thought":true', '"thought": true'],
  history: "contents",
  clean: (content) =>
    cleanMember(content, "parts", (part) =>
      part.thought === true && textOf(part.thoughtSignature ?? part.thought_signature) !== undefined
        ? undefined
        : part,
    ),
};
