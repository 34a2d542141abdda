import type { AttributeValue } from "./attribute.ts";
import { attributes } from "./index.ts";
import type { Subject } from "./subject.ts";

/** Looks up what a condition asks for: an attribute, or a field of the contract, by its name in the condition. */
export type Attributes = (name: string, key: string) => AttributeValue;

const byName = new Map(attributes.map((attribute) => [attribute.name, attribute]));

/** The attributes of a request. */
export function attributesOf(subject: Subject): Attributes {
  return (name, key) => {
    const attribute = byName.get(name);
    return attribute === undefined ? subject.contract.field(name) : attribute.read(subject, key);
  };
}
