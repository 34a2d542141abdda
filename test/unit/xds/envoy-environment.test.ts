import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { envoyEnvironment } from "../../../src/xds/envoy-environment.ts";

describe("envoyEnvironment()", () => {
  it("passes on what a program needs to run, and nothing that could be a secret", () => {
    const passed = { PATH: "/bin", HOME: "/root", LANG: "C", LC_ALL: "C", TZ: "UTC", TMPDIR: "/tmp" };
    const kept = {
      OPENAI_API_KEY: "x",
      AWS_SECRET_ACCESS_KEY: "x",
      ADMIN_TOKEN: "x",
      HTTPS_PROXY: "x",
      PATHS: "x",
    };
    assert.deepEqual(envoyEnvironment({ ...passed, ...kept }), passed);
  });
});
