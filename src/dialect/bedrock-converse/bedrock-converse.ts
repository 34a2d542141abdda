import { encodeBedrockError } from "../bedrock-error.ts";
import { matchBedrock } from "../bedrock-path.ts";
import type { Dialect } from "../dialect.ts";
import { inspectConverse } from "./inspect.ts";
import { spliceConverse } from "./request.ts";
import { passConverse } from "./response.ts";

/** Amazon Bedrock's Converse and ConverseStream (reference/providers.md §1.8). */
export const bedrockConverse: Dialect = {
  name: "bedrock-converse",
  requestHeaders: [],
  match: (method, path) => matchBedrock("converse", method, path),
  inspect: inspectConverse,
  splice: spliceConverse,
  passResponse: passConverse,
  encodeError: encodeBedrockError,
};
