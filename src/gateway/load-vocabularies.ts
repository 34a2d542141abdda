import type { Snapshot } from "../config/snapshot.ts";
import { counterOf } from "../tokens/models/families.ts";

/** Loads what counting for these models needs, so that no request waits for it. */
export function loadVocabularies(snapshot: Snapshot): void {
  for (const name of snapshot.models()) {
    for (const { backend, model } of snapshot.model(name)?.targets ?? []) {
      counterOf(snapshot.backends.get(backend)?.provider.type ?? "", model).count("a");
    }
  }
}
