import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { after, before, describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { followConfig } from "../../src/cli/follow-config.ts";
import { loadConfig } from "../../src/config/load.ts";
import { ask, chatBody, eventsOf } from "../support/clients/chat.ts";
import { until } from "../support/core/until.ts";
import { type TestStack, useTestStack } from "../support/stack/stack.ts";

describe("a config that changes under traffic", () => {
  const running = useTestStack();
  let stack: TestStack;
  let stop: () => void;
  let original: string;
  let hangUp: () => void = () => {};
  const lines: { readonly fields: Readonly<Record<string, unknown>>; readonly message: string }[] = [];
  const note = (fields: object, message: string) => void lines.push({ fields: { ...fields }, message });

  before(() => {
    stack = running();
    const { file, env } = stack;
    original = readFileSync(file, "utf8");
    const loaded = loadConfig(file, env);
    assert.ok(loaded.kind === "snapshot");
    stop = followConfig({
      terminal: {
        ...{ out() {}, err() {}, env, cwd: stack.folder, stop: new AbortController().signal },
        input: (async function* () {})(),
        onHangup(listener) {
          hangUp = listener;
          return () => {};
        },
      },
      ...{ file, loaded, gateway: stack.stack.gateway, log: { info: note, warn: note, error: note } },
      take: (next, replaced) => stack.stack.reload(next, replaced),
      intervalMs: 5,
    });
  });
  after(() => stop());

  /** Writes the config with these changes; resolves once it was taken or refused. */
  async function write(change: (config: string) => string): Promise<(typeof lines)[number]> {
    const seen = lines.length;
    writeFileSync(stack.file, change(original));
    await until("the config is taken or refused", () =>
      lines.slice(seen).some(({ message }) => message.startsWith("config ")),
    );
    return lines.findLast(({ message }) => message.startsWith("config "))!;
  }

  /** Writes the config with these changes; resolves once it was taken, however often Envoy had to be asked. */
  async function take(change: (config: string) => string): Promise<void> {
    const seen = lines.length;
    writeFileSync(stack.file, change(original));
    await until("the config is taken", () =>
      lines.slice(seen).some(({ message }) => message === "config taken"),
    );
  }

  /** The config with a third backend and a model that goes to it. */
  function withThird(config: string, name: string): string {
    const backend = `  ${name}: { provider: openai-compatible, endpoint: "${stack.beta.url}/v1", apiKey: "\${env:BETA_KEY}", price: { input: 1, output: 2 } }`;
    return config
      .replace("models:", `${backend}\nmodels:`)
      .replace("identity:", `  third: { targets: [${name}/model-c] }\nidentity:`);
  }

  it("is taken twenty times, clusters added and removed, without a failed request", async () => {
    const statuses = new Map<string, number>();
    let sending = true;
    const client = async (): Promise<void> => {
      while (sending) {
        const outcome = await ask(stack.baseUrl).then(({ status }) => String(status), String);
        statuses.set(outcome, (statuses.get(outcome) ?? 0) + 1);
      }
    };
    const clients = [client(), client(), client()];
    for (let turn = 1; turn <= 20; turn++) {
      await take((config) => withThird(config, `third-${turn % 3}`));
      // Named only now, so its cluster must be there at once.
      assert.equal((await ask(stack.baseUrl, chatBody({ model: "third" }))).status, 200);
    }
    sending = false;
    await Promise.all(clients);
    assert.deepEqual([...statuses.keys()], ["200"], JSON.stringify([...statuses]));
    assert.equal(await stack.metric("tollgate_config_last_reload_success"), 1);
  });

  it("leaves an exchange with the config that opened it, and its cluster in Envoy until it has ended", async () => {
    await take((config) => withThird(config, "leaving"));
    stack.beta.setFaults({ tokens: 60, tokenDelayMs: 40 });
    const streaming = ask(stack.baseUrl, chatBody({ model: "third", stream: true, max_tokens: 60 }));
    await until("the stream is under way", () =>
      stack.beta.received().some(({ path }) => path.includes("chat")),
    );
    const before = stack.stack.gateway.snapshot.version;
    await take((config) => config);
    assert.notEqual(stack.stack.gateway.snapshot.version, before);
    await delay(1_200);
    assert.ok((await clusters()).includes("leaving@"), "its cluster stays");
    const answer = await streaming;
    stack.beta.setFaults({});
    assert.equal(eventsOf(answer.text).at(-1), "[DONE]");
    assert.equal((await stack.record(answer.exchange)).config_version, before);
    await until("its cluster is gone", async () => !(await clusters()).includes("leaving@"));
  });

  it("is refused when it is bad, with every problem, and the old one stays", async () => {
    const { version } = stack.stack.gateway.snapshot;
    const { message, fields } = await write((config) => config.replace("alpha/model-a", "alfa/model-a"));
    assert.equal(message, "config not taken: the old one stays in force");
    assert.ok(Number(fields.problems) > 0);
    assert.ok(
      lines.some(({ fields: { line, path } }) => Number(line) > 0 && path === "models.both.targets[0]"),
    );
    assert.equal(stack.stack.gateway.snapshot.version, version);
    assert.equal(await stack.metric("tollgate_config_last_reload_success"), 0);
    assert.equal((await ask(stack.baseUrl)).status, 200);
  });

  it("is refused when it takes a restart, and says what does", async () => {
    const { message, fields } = await write((config) =>
      config.replace(
        'listen: { address: "127.0.0.1:0" }',
        'listen: { address: "127.0.0.1:0", bodyLimit: 1MiB }',
      ),
    );
    assert.match(message, /^config not taken/);
    assert.match(String(fields.reason), /listen\.bodyLimit changed, which requires a restart/);
  });

  it("is refused when Envoy refuses it, and Envoy goes on with what it had", async () => {
    const backends = [...stack.stack.gateway.snapshot.backends.keys()];
    // Longer than a server name that Envoy sends.
    const backend = `  odd: { provider: openai-compatible, endpoint: "https://127.0.0.1:1/v1", tls: { serverName: "${"a".repeat(300)}" }, price: { input: 1, output: 2 } }`;
    const { fields } = await write((config) => config.replace("models:", `${backend}\nmodels:`));
    assert.match(String(fields.reason), /Envoy refuses the new clusters/);
    assert.match(stack.stack.gateway.snapshot.version, /^[0-9a-f]{12}-in-part$/);
    assert.deepEqual([...stack.stack.gateway.snapshot.backends.keys()], backends);
    assert.equal((await ask(stack.baseUrl)).status, 200);
    await take((config) => `${config}\n`);
  });

  it("is loaded again at a SIGHUP, changed or not", async () => {
    const seen = lines.length;
    hangUp();
    await until("it is loaded", () => lines.slice(seen).some(({ message }) => message === "config taken"));
  });

  function clusters(): Promise<string> {
    return stack.stack.envoy.admin.get("/clusters");
  }
});
