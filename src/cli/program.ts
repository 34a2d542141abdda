import { readFileSync } from "node:fs";
import { Command, InvalidArgumentError } from "commander";
import { assetPath } from "../core/asset.ts";
import { check } from "./check.ts";
import { demo } from "./demo.ts";
import { fakeProvider } from "./fake-provider.ts";
import { serve } from "./serve.ts";
import type { Terminal } from "./terminal.ts";
import { up } from "./up.ts";
import { usage } from "./usage.ts";

const configDefault = "tollgate.yaml";

/** The command line: `tollgate COMMAND`. */
export function createProgram(terminal: Terminal): Command {
  const { version } = JSON.parse(readFileSync(assetPath("package.json"), "utf8")) as { version: string };
  const program = new Command("tollgate")
    .description(
      "Runtime control for LLM traffic beside Envoy: counts tokens, holds budgets, fails over, records every exchange.",
    )
    .version(version)
    .configureOutput({
      writeOut: (text) => terminal.out(text.trimEnd()),
      writeErr: (text) => terminal.err(text.trimEnd()),
    })
    .showHelpAfterError("(tollgate --help shows what there is)");
  addServing(program, terminal);
  addReports(program, terminal);
  return program;
}

function addServing(program: Command, terminal: Terminal): void {
  program
    .command("up")
    .description("run gateway and Envoy together on this machine")
    .option("-c, --config <file>", "the gateway's config", configDefault)
    .option("--log-level <level>", "trace, debug, info, warn, error", "info")
    .action((options) => up(terminal, { config: options.config, logLevel: options.logLevel }));
  program
    .command("serve")
    .description("run the ext_proc server and the admin interface alone, beside an Envoy you run")
    .option("-c, --config <file>", "the gateway's config", configDefault)
    .option("--log-level <level>", "trace, debug, info, warn, error", "info")
    .action((options) => serve(terminal, { config: options.config, logLevel: options.logLevel }));
  program
    .command("fake-provider")
    .description("a provider that needs no key and fails on request, to try the gateway with")
    .option("--port <number>", "port to listen on; 0: any free one", portNumber, 8090)
    .option("--host <address>", "address to listen on", "127.0.0.1")
    .option("--name <name>", "what `x-fake-only` calls it", "fake")
    .action((options) => fakeProvider(terminal, options));
  program
    .command("demo")
    .description("the whole thing in one go: gateway, Envoy, two fake providers, telling traffic, a report")
    .action(() => demo(terminal));
}

function addReports(program: Command, terminal: Terminal): void {
  program
    .command("check")
    .description("validate a config; every problem at once")
    .argument("[file]", "the config", configDefault)
    .option("--schema", "print the config's JSON Schema instead")
    .option("--json", "problems as JSON")
    .action((file, options) =>
      check(terminal, file, { schema: options.schema === true, json: options.json === true }),
    );
  program
    .command("usage")
    .description("spend and tokens from the usage log")
    .option("-c, --config <file>", "the gateway's config", configDefault)
    .option("--by <fields>", "record fields to group by, separated by commas", "tenant_id,requested_model")
    .option("--since <period>", "how far back: 24h, 7d, or a date", "30d")
    .option("--format <format>", "table, csv or json", "table")
    .option("--json", "the same as --format json")
    .action((options) =>
      usage(terminal, { ...options, format: options.json === true ? "json" : options.format }),
    );
}

function portNumber(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535)
    throw new InvalidArgumentError("a port is a number from 0 to 65535");
  return port;
}
