import { GatewayError } from "../core/errors.ts";
import type { JsonScan } from "../core/json-scan.ts";
import { hosted } from "./type-table.ts";
import { uncountable } from "./uncountable.ts";

/** The reason for refusing a member. */
type Cause =
  /** It names content stored or fetched elsewhere. */
  | "stored"
  /** It turns on a tool that runs at the vendor. */
  | "hosted"
  /** It is billed at a price that no catalogue here has. */
  | "premium"
  /** It makes another model answer, or several. */
  | "model"
  /** It makes more output, or more answers, than the hold has room for. */
  | "output";

/** One member that is refused, and the texts that ask for nothing out of the ordinary. */
export interface RefusedMember {
  readonly cause: Cause;
  readonly harmless?: readonly string[];
}

/** Members that are refused, by their {@link foldedKey}. */
export type RefusedMembers = ReadonlyMap<string, RefusedMember>;

const whys: Readonly<Record<Exclude<Cause, "stored" | "hosted">, string>> = {
  premium: "is billed at a price that is not known here; leave it out",
  model: "makes another model answer than the one that is paid for here; leave it out",
  output: "makes more output than can be held; leave it out",
};

/** Lists members by why they are refused. */
export function refusedMembers(
  causes: Readonly<Partial<Record<Cause, readonly string[]>>>,
  harmless: Readonly<Record<string, readonly string[]>> = {},
): RefusedMembers {
  const members = new Map<string, RefusedMember>();
  const add = (cause: Cause) => {
    for (const name of causes[cause] ?? []) {
      const values = harmless[name];
      members.set(foldedKey(name), { cause, ...(values === undefined ? undefined : { harmless: values }) });
    }
  };
  for (const cause of ["stored", "hosted", "premium", "model", "output"] as const) add(cause);
  return members;
}

/** A key as the most lenient server reads it: without regard to case, `_` and `-`, and up to a NUL. */
export function foldedKey(key: string): string {
  const [first = ""] = key.split("\u0000", 1);
  return first.replace(/[_-]/g, "").toLowerCase();
}

/** The refusal of a member by its name. */
export function refusalOf({ cause }: RefusedMember, param: string): GatewayError {
  switch (cause) {
    case "stored":
      return uncountable(param);
    case "hosted":
      return hosted(param);
    case "premium":
    case "model":
    case "output":
      return new GatewayError("unsupported", `${param} ${whys[cause]}`, { param });
  }
}

/** Passes the value of a refused member; whether it asks for something: null, false, empty values and harmless texts do not. */
export function asksForMore(scan: JsonScan, { harmless }: RefusedMember): boolean {
  const kind = scan.kind();
  if (kind === "string") {
    scan.string();
    return scan.start !== scan.end && harmless?.includes(scan.text()) !== true;
  }
  scan.skip();
  switch (kind) {
    case "null":
      return false;
    case "boolean":
      return scan.literal() === "true";
    case "object":
    case "array":
      return !/^.[ \t\r\n]*.$/s.test(
        scan.body.toString("latin1", scan.start, Math.min(scan.end, scan.start + 64)),
      );
    default:
      return true;
  }
}
