// Writes assets/prices.json: assets/prices.yaml as JSON, every scalar as the text that was written, with the line of each price, so that a
// start need not parse YAML. Run it after a change of the prices; a test compares the two.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { LineCounter, parseDocument } from "yaml";

const assets = fileURLToPath(new URL("../assets/", import.meta.url));
const counter = new LineCounter();
const document = parseDocument(readFileSync(`${assets}prices.yaml`, "utf8"), {
  schema: "failsafe",
  lineCounter: counter,
});
const data = document.toJS();
const lines = document.get("prices").items.map((item) => counter.linePos(item.range[0]).line);
const rows = data.prices.map((price) => JSON.stringify(price)).join(",\n");
const head = JSON.stringify({ ...data, prices: undefined, lines }).slice(0, -1);
writeFileSync(`${assets}prices.json`, `${head},"prices":[\n${rows}\n]}\n`);
