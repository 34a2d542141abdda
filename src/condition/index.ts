import type { Attribute } from "./attribute.ts";
import { dialect } from "./attributes/dialect.ts";
import { header } from "./attributes/header.ts";
import { images } from "./attributes/images.ts";
import { inputTokens } from "./attributes/input-tokens.ts";
import { language } from "./attributes/language.ts";
import { model } from "./attributes/model.ts";
import { operation } from "./attributes/operation.ts";
import { path } from "./attributes/path.ts";
import { query } from "./attributes/query.ts";
import { responseFormat } from "./attributes/response-format.ts";
import { roles } from "./attributes/roles.ts";
import { stream } from "./attributes/stream.ts";
import { tools } from "./attributes/tools.ts";

/** Every attribute that a condition can name besides the contract's fields. */
export const attributes: readonly Attribute[] = [
  model,
  dialect,
  operation,
  stream,
  tools,
  images,
  responseFormat,
  language,
  inputTokens,
  path,
  query,
  header,
  roles,
];
