import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder of Tollgate's package.json: the same from sources, from `dist/`, and in an installed package. */
export const packageRoot: string = findPackageRoot(dirname(fileURLToPath(import.meta.url)));

/** Absolute path of a file that ships with the package and is not TypeScript, e.g. `assetPath("assets/prices.yaml")`. */
export function assetPath(relative: string): string {
  return join(packageRoot, relative);
}

function findPackageRoot(folder: string): string {
  if (existsSync(join(folder, "package.json"))) return folder;
  const parent = dirname(folder);
  if (parent === folder) throw new Error("package.json not found above the program's own files");
  return findPackageRoot(parent);
}
