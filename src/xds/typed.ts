/** Plain JSON on its way into an Envoy configuration file. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** An Envoy extension's configuration: `fields` under the type URL of the message `envoy.TYPE`. */
export function typed(
  type: string,
  fields: { readonly [key: string]: Json } = {},
): { readonly [key: string]: Json } {
  return { "@type": `type.googleapis.com/envoy.${type}`, ...fields };
}

/** Milliseconds as protobuf's JSON form of a Duration, e.g. `0.25s`. */
export function seconds(ms: number): string {
  return `${ms / 1000}s`;
}
