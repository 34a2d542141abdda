import { GatewayError } from "../core/errors.ts";
import { asksForMore, foldedKey, type RefusedMembers, refusalOf } from "./refused-members.ts";
import type { RequestDraft } from "./request-draft.ts";

/** The known members that a dialect does not read one by one. */
export interface OtherMembers {
  /** Members that are no part of the prompt, whatever they hold. */
  readonly unbilled: ReadonlySet<string>;
  /** All further members that the format documents, where no other may be passed on. Undefined: others are passed on and count as text. */
  readonly documented?: ReadonlySet<string>;
  /** Members that no provider of the format may get. */
  readonly refused?: RefusedMembers;
  /** Members of particular servers. They are noted, and each provider decides which of them it heeds. */
  readonly extensions?: RefusedMembers;
  /** Before the name of a member in a refusal, e.g. `generationConfig.`. */
  readonly path?: string;
}

/** Longest name of a member that a refusal shows, in characters. */
const nameCharsMax = 64;

/** Reads a member whose key was just read and that this gateway does not know: unless it is named as free, its text may be billed, so it counts. */
export function readOther(draft: RequestDraft, others: OtherMembers): void {
  const { scan, text } = draft;
  const key = scan.text();
  if (others.unbilled.has(key)) {
    scan.skip();
    return;
  }
  const folded = foldedKey(key);
  const param = `${others.path ?? ""}${key.slice(0, nameCharsMax)}`;
  const refused = others.refused?.get(folded);
  if (refused !== undefined) {
    if (asksForMore(scan, refused)) throw refusalOf(refused, param);
    return;
  }
  if (others.documented?.has(key) === false) {
    if (scan.kind() !== "null") throw undocumented(param);
    scan.skip();
    return;
  }
  const extension = others.extensions?.get(folded);
  const kind = scan.kind();
  if (extension !== undefined) {
    if (asksForMore(scan, extension)) draft.extensions.set(folded, param);
    if (kind === "string" || kind === "object" || kind === "array") text.passed(scan, kind);
    return;
  }
  if (kind === "number" || kind === "boolean") scan.skip();
  else text.value(scan);
}

function undocumented(param: string): GatewayError {
  const why = `${param} is not a member that this request is documented to have, so its cost is not known; leave it out`;
  return new GatewayError("unsupported", why, { param });
}
