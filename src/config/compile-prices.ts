import { assetPath } from "../core/asset.ts";
import { createCatalogue, type PriceCatalogue } from "../price/catalogue.ts";
import { type ParsedPrices, type PriceFile, parsePrices, parsePricesJson } from "../price/price-file.ts";
import type { Rate } from "../price/rate.ts";
import type { Compilation } from "./compilation.ts";

/** The name under `prices` of the prices that come with the program. */
const builtin = "builtin";
/** Where they are; absolute. */
export const builtinPricesFile = assetPath("assets/prices.json");

/** The built-in prices as last parsed. They are long, and the same at every reload. */
let parsedBuiltin: { readonly text: string; readonly parsed: ParsedPrices } | undefined;

/** Reads the files under `prices` and joins them; undefined once the problems of the section or of a file have been noted. */
export function compilePrices(
  { file, inputs }: Compilation,
  names: readonly string[] | undefined,
  backendPrices: ReadonlyMap<string, Rate>,
): PriceCatalogue | undefined {
  if (names === undefined) return undefined;
  const files: PriceFile[] = [];
  for (const [index, name] of names.entries()) {
    const path = ["prices", index];
    if (names.indexOf(name) < index) {
      file.refuse(path, `${name} is there twice`);
      continue;
    }
    const read = inputs.readText(name === builtin ? builtinPricesFile : name);
    if ("problem" in read) {
      file.refuse(path, read.problem);
      continue;
    }
    const parsed =
      name === builtin
        ? parseBuiltin(read.text)
        : inputs.checked(name, () => parsePrices(read.text, inputs.show(name)));
    if (parsed.kind === "file") files.push(parsed.file);
    else for (const problem of parsed.problems) inputs.note(problem);
  }
  return files.length === names.length ? createCatalogue(files, backendPrices) : undefined;
}

function parseBuiltin(text: string): ParsedPrices {
  if (parsedBuiltin?.text !== text) parsedBuiltin = { text, parsed: parsePricesJson(text, builtin) };
  return parsedBuiltin.parsed;
}
