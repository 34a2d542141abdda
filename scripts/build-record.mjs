// Writes schema/usage.v1.json and the tables of docs/usage-record.md from the one table of the record's fields, src/usage/record-fields.ts.
// Run it after a change of the table; a test compares.
import { readFileSync, writeFileSync } from "node:fs";
import { withRecordReference } from "../src/usage/record-reference.ts";
import { recordSchema } from "../src/usage/record-schema.ts";
import { root, run } from "./install.mjs";

const schema = `${root}schema/usage.v1.json`;
const page = `${root}docs/usage-record.md`;
writeFileSync(schema, JSON.stringify(recordSchema()));
run(process.execPath, [`${root}node_modules/@biomejs/biome/bin/biome`, "format", "--write", schema]);
writeFileSync(page, withRecordReference(readFileSync(page, "utf8")));
