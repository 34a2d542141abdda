/** Prefixes that vendors and gateways put before a model's name: a path (`models/`, `openai/`, an ARN), Bedrock's region and maker. */
const prefixes = [
  /^.*\//,
  /^(?:us|eu|apac|jp|au|ca|global)\.(?=[a-z0-9]+\.)/,
  /^[a-z0-9]+\.(?=[a-z])/,
] as const;

/**
 * Suffixes that vendors add: dates (`-2025-04-14`, `-20250929`, `@20250929`, `-0613`, `-05-20`, `-08-2024`), Bedrock's versions (`-v1:0`) and windows
 * (`:48k`), and the words and zeros of aliases (`-latest`, `-preview`, `-0`).
 */
const suffix =
  /(?:[-@](?:\d{8}|\d{4}-\d{2}-\d{2}|\d{2}-\d{4}|\d{2}-\d{2}|\d{3,4})|-latest|-preview|-exp|-v\d+|:\d+k?|@default|-0)$/;

/** No vendor's name is longer; of a longer one the end decides. */
const nameLengthMax = 256;
/** No vendor's name has more suffixes: `-preview-05-20`, `-20250514-v1:0`. */
const suffixesMax = 4;

/** A model's name as written, without each thing that vendors put before it, and without each that they put behind: `us.anthropic.claude-opus-4-20250514-v1:0` to `claude-opus-4`. */
export function modelForms(name: string): readonly string[] {
  const forms = new Set([name]);
  let plain = name.slice(-nameLengthMax);
  for (const prefix of prefixes) {
    plain = plain.replace(prefix, "");
    forms.add(plain);
  }
  for (let count = 0; count < suffixesMax; count++) {
    plain = plain.replace(suffix, "");
    if (plain !== "") forms.add(plain);
  }
  return [...forms];
}

/** True if a name in a rule, or a pattern with `*` at its end, matches a model under any of its names. */
export function namesModel(rule: string, model: string): boolean {
  const forms = modelForms(model);
  if (rule.endsWith("*")) return forms.some((form) => form.startsWith(rule.slice(0, -1)));
  // An alias without a date may be the very version that the rule names.
  return (
    forms.includes(rule) ||
    modelForms(rule).some((form) => form === model || form === modelWithoutPrefix(model))
  );
}

function modelWithoutPrefix(name: string): string {
  return prefixes.reduce((plain, prefix) => plain.replace(prefix, ""), name.slice(-nameLengthMax));
}
