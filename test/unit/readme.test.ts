import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, posix } from "node:path";
import { describe, it } from "node:test";
import { loadConfig } from "../../src/config/load.ts";
import { formatProblem } from "../../src/config/problem.ts";
import { packageRoot } from "../../src/core/asset.ts";

const readme = readFileSync(join(packageRoot, "README.md"), "utf8");
const env = { OPENAI_API_KEY: "a".repeat(20), ANTHROPIC_API_KEY: "b".repeat(20) };

describe("the npm package", () => {
  it("has every file that its pages link to", () => {
    const shipped = packedFiles();
    const isThere = (path: string) => shipped.some((file) => file === path || file.startsWith(`${path}/`));
    const broken = shipped
      .filter((file) => file.endsWith(".md"))
      .flatMap((page) => linksOf(page).map((link) => ({ page, link })))
      .filter(({ page, link }) => !isThere(posix.join(posix.dirname(page), link)));
    assert.deepEqual(broken, []);
  });
});

/** What `npm publish` would ship, as paths from the root. */
function packedFiles(): readonly string[] {
  const output = execFileSync("npm", ["pack", "--dry-run", "--json", "--ignore-scripts"], {
    cwd: packageRoot,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
  const [pack] = JSON.parse(output) as { files: { path: string }[] }[];
  return (pack?.files ?? []).map(({ path }) => path);
}

/** Relative links of a page, without what follows `#`. */
function linksOf(page: string): readonly string[] {
  const text = readFileSync(join(packageRoot, page), "utf8");
  return [...text.matchAll(/\]\(([^)#:\s]+)(?:#[^)]*)?\)/g)].map(([, path = ""]) => path);
}

describe("README.md", () => {
  it("says what Tollgate is, shows a picture, and then gives the two commands", () => {
    const opening = readme.slice(0, readme.indexOf("```sh"));
    assert.match(opening, /^# Tollgate\n\nTollgate is an AI gateway for /);
    assert.match(opening, /!\[[^\]]+\]\([^)]+\.svg\)/);
    assert.ok(opening.split(/\s+/).length < 150, "the commands are on the first screen");
    const first = /```sh\n([\s\S]*?)```/.exec(readme)?.[1] ?? "";
    assert.match(first, /^npm run demo .*\nnpm test /);
  });

  it("shows a config that works", () => {
    const config = /```yaml\n([\s\S]*?)```/.exec(readme)?.[1] ?? "";
    const folder = mkdtempSync(join(tmpdir(), "tollgate-readme-"));
    try {
      writeFileSync(join(folder, "tollgate.yaml"), config);
      writeFileSync(
        join(folder, "keys.yaml"),
        `keys: [{ name: acme-app, sha256: ${"a".repeat(64)}, tenant_id: acme }]\n`,
      );
      const loaded = loadConfig(join(folder, "tollgate.yaml"), env);
      assert.deepEqual(loaded.kind === "problems" ? loaded.problems.map(formatProblem) : [], []);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("links to what is there", () => {
    const links = [...readme.matchAll(/\]\(([^)#]+)\)/g)].map(([, path]) => path ?? "");
    assert.ok(links.length > 3);
    for (const path of links) assert.ok(existsSync(join(packageRoot, path)), path);
  });

  it("names every dependency and what it saves", () => {
    const { dependencies } = JSON.parse(readFileSync(join(packageRoot, "package.json"), "utf8")) as {
      dependencies: Record<string, string>;
    };
    const table = readme.slice(readme.indexOf("## What it is built on"));
    for (const name of Object.keys(dependencies)) assert.ok(table.includes(name), name);
  });
});
