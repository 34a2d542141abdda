import type { Work } from "../dialect/dialect.ts";
import { modelFactsOf } from "./model-facts.ts";
import { embeds, vectorSpaceOf } from "./vector-space.ts";

/** The kind of work that a model is known for, by its name. Undefined if its name does not say. */
export function workOfModel(model: string): Work | undefined {
  if (/rerank/i.test(model)) return "rerank";
  if (embeds(model)) return "embeddings";
  return modelFactsOf(model).capabilities === undefined ? undefined : "text";
}

/**
 * True if a request for this work may be answered by `used` in place of `named`. Text is whatever is not known to be something else. Vectors are
 * compared with those that the client has, and are of the same space where both names tell it.
 */
export function keepsWork(work: Work, named: readonly string[], used: readonly string[]): boolean {
  switch (work) {
    case "text":
      return used.every((model) => (workOfModel(model) ?? "text") === "text");
    case "rerank":
      return used.every((model) => workOfModel(model) === "rerank" || named.includes(model));
    case "embeddings": {
      const spaces = new Set(named.map(vectorSpaceOf));
      if (spaces.size === 0)
        return used.every((model) => (workOfModel(model) ?? "embeddings") === "embeddings");
      return used.every((model) => spaces.has(vectorSpaceOf(model)));
    }
  }
}
