/**
 * True if the model that answered is the one that was asked for: vendors answer an alias with a dated name, and write region, vendor and version
 * around it. Names of different sizes or generations (`gpt-4o`, `gpt-4o-mini`) stay different.
 */
export function isSameModel(asked: string, answered: string): boolean {
  return bareName(asked) === bareName(answered);
}

/** Longest name that is compared, in characters: providers make up their own. */
const nameCharsMax = 256;

/** `-2025-04-14`, `-20250929`, `-0613`, `-001`, `-latest`, `-v1`, `-v1:0`, `:free`, `@default`. */
const versionSuffix = /(?:[-@](?:\d{4}-\d{2}-\d{2}|\d{8}|\d{6}|\d{4}|\d{3}|latest|default|v\d+)|:\w+)$/;
const regionPrefix = /^(?:us|us-gov|eu|apac|jp|au|ca|global)\./;
const vendorPrefix = /^(?:ai21|amazon|anthropic|cohere|deepseek|meta|mistral|openai|qwen)\./;

/** A model's name without path, region, vendor, date and version. Azure leaves out dots (`gpt-35-turbo`). */
function bareName(name: string): string {
  const lower = name.slice(0, nameCharsMax).toLowerCase();
  let bare = lower
    .slice(lower.lastIndexOf("/") + 1)
    .replace(regionPrefix, "")
    .replace(vendorPrefix, "");
  for (let shorter = withoutVersion(bare); shorter !== bare; shorter = withoutVersion(bare)) bare = shorter;
  return bare.replace(/\./g, "");
}

function withoutVersion(name: string): string {
  const shorter = name.replace(versionSuffix, "");
  return shorter === "" ? name : shorter;
}
