/**
 * A tool's parameters as OpenAI, Anthropic and Bedrock want them: an object schema that says so and names its properties, even when it has none.
 * Servers of other formats take `{}`, a missing `type`, or an object without `properties` as well.
 */
export function toolParameters(parameters: object | undefined): object {
  if (parameters === undefined) return { type: "object", properties: {} };
  const isWhole = "type" in parameters && "properties" in parameters;
  return isWhole || isComposed(parameters) ? parameters : { type: "object", properties: {}, ...parameters };
}

/** A schema made of references or alternatives needs no properties. */
function isComposed(parameters: object): boolean {
  return "type" in parameters && ["$ref", "anyOf", "oneOf", "allOf"].some((name) => name in parameters);
}
