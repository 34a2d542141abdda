import type { ModelRoute } from "../route/model-route.ts";
import type { Snapshot } from "./snapshot.ts";

/** Every entry of a config's `models`, in order. A pattern (`openai/*`) is resolved under its own text, so that its targets keep their `*`. */
export function configuredModels(snapshot: Snapshot): readonly ModelRoute[] {
  const { models } = snapshot.redacted() as { readonly models: object };
  return Object.keys(models).flatMap((name) => snapshot.model(name) ?? []);
}
