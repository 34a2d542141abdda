import type { Audience, Endpoint } from "./endpoint.ts";

/** The endpoints at one path: at least one, all with the same audience. */
export interface EndpointsAtPath {
  readonly audience: Audience;
  /** By method. */
  readonly byMethod: ReadonlyMap<string, Endpoint>;
  /** The decoded segment that stands for `{name}`; empty if the path has none. */
  readonly id: string;
}

/** Finds the endpoints at a request's path, which is still percent-encoded. Undefined if there are none. Throws a URIError if the path is malformed. */
export function endpointsAt(endpoints: readonly Endpoint[], pathname: string): EndpointsAtPath | undefined {
  const byMethod = new Map<string, Endpoint>();
  let audience: Audience | undefined;
  let id = "";
  for (const endpoint of endpoints) {
    const match = matchPath(endpoint.path, pathname);
    if (match === undefined) continue;
    byMethod.set(endpoint.method, endpoint);
    audience ??= endpoint.audience;
    id = match;
  }
  return audience === undefined ? undefined : { audience, byMethod, id: decodeURIComponent(id) };
}

/** The segment that stands for the placeholder, empty if the path has none; undefined if the paths differ. */
function matchPath(path: string, pathname: string): string | undefined {
  const open = path.indexOf("{");
  if (open === -1) return path === pathname ? "" : undefined;
  const prefix = path.slice(0, open);
  const id = pathname.slice(prefix.length);
  return pathname.startsWith(prefix) && id !== "" && !id.includes("/") ? id : undefined;
}
