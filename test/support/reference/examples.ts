import { readFileSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../../../src/core/asset.ts";

/** An example as it would stand in a room of src: imports are as seen from there. `path` e.g. `provider/azure-openai.ts`. */
export function exampleIn(path: string): string {
  const [room = "", name = ""] = [
    path.slice(0, path.lastIndexOf("/")),
    path.slice(path.lastIndexOf("/") + 1),
  ];
  const up = "../".repeat(room.split("/").length);
  const text = readFileSync(join(packageRoot, "test/examples", name), "utf8");
  return text.replaceAll(`"../../src/${room}/`, '"./').replaceAll('"../../src/', `"${up}`).trim();
}
