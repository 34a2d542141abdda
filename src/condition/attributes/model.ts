import { covers } from "../../core/pattern.ts";
import { type Attribute, requestAttribute } from "../attribute.ts";

/** The model that the client names; `auto`, or empty, where it leaves the choice to the gateway. */
export const model: Attribute = {
  ...requestAttribute("model", ({ facts }) => facts.model),
  problem(wanted, { models }) {
    const unknown = wanted.find(
      (value) => value !== "auto" && !models.some((name) => covers(name, value) || covers(value, name)),
    );
    if (unknown === undefined) return undefined;
    return `no entry of \`models\` is called "${unknown}": this could never match`;
  },
};
