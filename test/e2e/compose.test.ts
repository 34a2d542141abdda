import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { parse } from "yaml";
import { packageRoot } from "../../src/core/asset.ts";
import { until } from "../support/core/until.ts";
import { envoyBinary } from "../support/envoy/envoy-binary.ts";

/** The services of docker-compose.yml as plain processes: the same commands and files, in a folder of this test and on free ports. */
describe("docker-compose.yml", () => {
  const { services } = parse(readFileSync(join(packageRoot, "docker-compose.yml"), "utf8")) as {
    services: Readonly<Record<"tollgate" | "envoy" | "fake", { command: string[] }>>;
  };
  const folder = mkdtempSync(join(tmpdir(), "tg-"));
  const started: ChildProcess[] = [];
  let ports: Readonly<Record<string, number>>;

  before(async () => {
    ports = { "8080": await freePort(), "8090": await freePort(), "9090": await freePort() };
    for (const name of ["run/envoy", "config"]) mkdirSync(join(folder, name), { recursive: true });
    writeFileSync(
      configFile(),
      readFileSync(join(packageRoot, "deploy/compose/tollgate.yaml"), "utf8").replace(...here()),
    );
  });
  after(async () => {
    for (const child of started.reverse()) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const ended = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGTERM");
      await ended;
    }
    rmSync(folder, { recursive: true, force: true });
  });

  it("answers a request through Envoy, with what Tollgate wrote for it", async () => {
    start("fake");
    await until(
      "the fake provider is healthy",
      () => answers(`http://127.0.0.1:${ports["8090"]}/received`),
      20_000,
    );
    const tollgate = start("tollgate");
    await until("Tollgate is healthy", () => answers(`http://127.0.0.1:${ports["9090"]}/readyz`), 20_000);
    assert.ok(existsSync(join(folder, "run/envoy/bootstrap.json")));
    start("envoy");
    const url = `http://127.0.0.1:${ports["8080"]}/v1/models`;
    await until("Envoy listens", () => answers(url), 20_000);
    assert.equal(await chat("gpt-4.1-mini"), 200);
    assert.equal(tollgate.exitCode, null);
  });

  it("takes a changed config without a restart, a new backend's cluster included", async () => {
    const config = readFileSync(configFile(), "utf8");
    const backend = `  second: { provider: openai-compatible, endpoint: "http://127.0.0.1:${ports["8090"]}/v1", price: { input: 1, output: 1 } }`;
    const model = "  second-model: { targets: [second/second-model] }";
    assert.equal(await chat("second-model"), 404);
    writeFileSync(
      configFile(),
      config.replace("models:", `${backend}\nmodels:`).replace("identity:", `${model}\nidentity:`),
    );
    await until("the new model is served", async () => (await chat("second-model")) === 200, 20_000);
  });

  function start(name: keyof typeof services): ChildProcess {
    const command = services[name].command.map((argument) => argument.replace(...here()));
    const child =
      name === "envoy"
        ? spawn(envoyPath, command.slice(1), { stdio: ["ignore", "ignore", "inherit"] })
        : spawn(process.execPath, [join(packageRoot, "dist/main.js"), ...command], { stdio: "ignore" });
    started.push(child);
    return child;
  }

  let envoyPath = "";
  before(async () => {
    envoyPath = await envoyBinary();
  });

  /** What stands for the containers' folders, hosts and ports on this machine. */
  function here(): [RegExp, (found: string) => string] {
    const places: Readonly<Record<string, string>> = {
      "/run/tollgate": join(folder, "run"),
      "/etc/tollgate": join(folder, "config"),
      "/var/lib/tollgate": join(folder, "var"),
      "//fake": "//127.0.0.1",
      "0.0.0.0": "127.0.0.1",
    };
    return [
      new RegExp([...Object.keys(places), ...Object.keys(ports)].join("|"), "g"),
      (found) => places[found] ?? String(ports[found]),
    ];
  }

  function configFile(): string {
    return join(folder, "config/tollgate.yaml");
  }

  async function chat(model: string): Promise<number> {
    const response = await fetch(`http://127.0.0.1:${ports["8080"]}/v1/chat/completions`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ model, messages: [{ role: "user", content: "Hello" }], max_tokens: 8 }),
    });
    await response.arrayBuffer();
    return response.status;
  }
});

async function answers(url: string): Promise<boolean> {
  return fetch(url).then(
    ({ ok }) => ok,
    () => false,
  );
}

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}
