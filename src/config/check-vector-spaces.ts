import { parseTarget } from "../plan/plan.ts";
import { embeds, vectorSpaceOf } from "../plan/vector-space.ts";
import type { Compilation } from "./compilation.ts";
import type { ModelSection } from "./schema.ts";

/** Refuses targets that embed into different spaces, unless it is said that they may: nobody would see that vectors of one are lost on the other. */
export function checkVectorSpaces({ file }: Compilation, name: string, section: ModelSection): void {
  const texts = [...section.targets.map(({ to }) => to), ...section.fallback];
  const models = texts.flatMap((text) => parseTarget(text)?.model ?? []);
  const spaces = [...new Set(models.map(vectorSpaceOf))];
  const mixes = spaces.length > 1 && models.some(embeds);
  if (section.mixedEmbeddings !== undefined && spaces.length < 2)
    file.refuse(
      ["models", name, "mixedEmbeddings"],
      "there is only one model: this could never apply",
      "key",
    );
  else if (mixes && section.mixedEmbeddings !== true)
    file.refuse(
      ["models", name],
      `${spaces.join(" and ")} produce vectors that cannot be compared: a search with one does not find what another has stored. Use the same model at every target, or set mixedEmbeddings: true where they are the same under other names`,
      "key",
    );
}
