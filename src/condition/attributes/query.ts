import { type Attribute, notKnown } from "../attribute.ts";

/** A parameter of the request's query; the first of several with one name. */
export const query: Attribute = {
  name: "query",
  keyed: true,
  read({ request }, key) {
    if (request === undefined) return notKnown;
    const start = request.path.indexOf("?");
    if (start === -1) return undefined;
    return new URLSearchParams(request.path.slice(start + 1)).get(key) ?? undefined;
  },
};
