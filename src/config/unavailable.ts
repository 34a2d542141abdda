/** Keys of the design's example that this version does not have: refused by name. `*` stands for any name or list position. */
const unavailableKeys: readonly string[] = [
  "routes.*.queue",
  "queues",
  "guardrails",
  "observability",
  "listen.cors",
  "listen.tls",
  "caps.*.topK",
  "ledger.url",
  "ledger.onError",
];

/** Kinds of the design's example that this version does not have, by what the section calls them. */
const unavailableKinds: Readonly<Record<string, readonly string[]>> = {
  provider: ["azure-openai"],
  type: ["jwt", "client-certificate", "redis"],
};

/** True if a later version has this key. */
export function isUnavailableKey(path: readonly (string | number)[], key: string): boolean {
  const steps = [...path, key];
  return unavailableKeys.some((pattern) => {
    const wanted = pattern.split(".");
    return (
      wanted.length === steps.length && wanted.every((step, index) => step === "*" || step === steps[index])
    );
  });
}

/** True if a later version has this kind (`provider`, `type`). */
export function isUnavailableKind(key: string, kind: string): boolean {
  return unavailableKinds[key]?.includes(kind) ?? false;
}
