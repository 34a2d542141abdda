import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { LLMock } from "@copilotkit/aimock";
import { assetPath } from "../../src/core/asset.ts";
import { translationConfigAt, upstreamModels } from "../support/clients/translation-clients.ts";
import { useTestStack } from "../support/stack/stack.ts";

/** An agent that hangs is ended. */
const runMsMax = 90_000;
const command = "echo TOLL-$((40+2))";
const found = "TOLL-42";
const answer = `The gate says ${found}.`;

/** How an agent calls its shell. */
const shells: Readonly<Record<string, object>> = {
  Bash: { command, description: "Asks the gate" },
  exec_command: { cmd: command },
};

/** One coding agent, asked once without a terminal. */
interface Agent {
  readonly name: string;
  readonly operation: string;
  readonly args: readonly string[];
  /** Its environment, and the files that it reads. */
  configure(home: string, origin: string, model: string): Readonly<Record<string, string>>;
}

const agents: readonly Agent[] = [
  {
    name: "claude",
    operation: "messages",
    args: ["-p", "Ask the gate.", "--allowedTools", "Bash"],
    configure: (_home, origin, model) => ({
      ANTHROPIC_BASE_URL: origin,
      ANTHROPIC_AUTH_TOKEN: "key-acme",
      ANTHROPIC_MODEL: model,
      ANTHROPIC_SMALL_FAST_MODEL: model,
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
    }),
  },
  {
    name: "codex",
    operation: "responses",
    args: ["exec", "--skip-git-repo-check", "-s", "danger-full-access", "Ask the gate."],
    configure(home, origin, model) {
      const lines = [
        `model = "${model}"`,
        'model_provider = "tollgate"',
        "[model_providers.tollgate]",
        'name = "tollgate"',
        `base_url = "${origin}/v1"`,
        'env_key = "TOLLGATE_KEY"',
        'wire_api = "responses"',
      ];
      writeFileSync(join(home, "config.toml"), `${lines.join("\n")}\n`);
      return { CODEX_HOME: home, TOLLGATE_KEY: "key-acme" };
    },
  },
];

/** A model that has the agent ask the gate by its shell, and says what it found. */
function scriptedModel(): LLMock {
  const mock = new LLMock({ port: 0, chunkSize: 20 });
  mock.on({ predicate: ({ messages }) => JSON.stringify(messages).includes(found) }, { content: answer });
  for (const [name, input] of Object.entries(shells))
    mock.on(
      { predicate: ({ tools = [] }) => tools.some((tool) => tool.function.name === name) },
      { toolCalls: [{ name, arguments: JSON.stringify(input) }] },
    );
  return mock.on({ predicate: () => true }, { content: "A question to a gate" });
}

const mock = scriptedModel();
await mock.start();

describe("a coding agent", () => {
  const running = useTestStack({ config: translationConfigAt(mock.url, mock.url) });
  let home: string;
  before(() => {
    home = mkdtempSync(join(tmpdir(), "tollgate-agent-"));
  });
  after(async () => {
    rmSync(home, { recursive: true, force: true });
    await mock.stop();
  });

  for (const { name, operation, args, configure } of agents)
    for (const model of upstreamModels)
      it(`calls its shell and tells what it found, through a provider of another kind or its own: ${name}, ${model}`, async () => {
        const stack = running();
        const own = join(home, `${name}-${model}`);
        mkdirSync(own);
        const before = (await stack.records(0)).length;
        const env = configure(own, stack.stack.listenUrl, model);
        const said = await run(name, args, own, env);
        assert.ok(said.includes(answer), said);
        await stack.idle();
        const records = (await stack.records(before + 2)).slice(before);
        for (const record of records)
          assert.deepEqual(
            [record.operation, record.requested_model, record.ending, record.error_code],
            [operation, model, "completed", undefined],
          );
      });
});

/** What an agent writes. Rejects if it fails or takes too long. */
function run(
  name: string,
  args: readonly string[],
  home: string,
  env: Readonly<Record<string, string>>,
): Promise<string> {
  const child = spawn(assetPath(`.tollgate/agents/node_modules/.bin/${name}`), args, {
    cwd: home,
    env: { PATH: process.env.PATH, HOME: home, ...env },
    stdio: ["ignore", "pipe", "pipe"],
    timeout: runMsMax,
    killSignal: "SIGKILL",
  });
  const parts: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (part: Buffer) => parts.push(part));
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => {
      const text = Buffer.concat(parts).toString();
      if (code === 0) resolve(text);
      else reject(new Error(`${name} ended with ${code}: ${text}`));
    });
  });
}
