import { requestAttribute } from "../attribute.ts";

/** The request's path, without its query. */
export const path = requestAttribute("path", (request) => {
  const query = request.path.indexOf("?");
  return query === -1 ? request.path : request.path.slice(0, query);
});
