import { readFileSync } from "node:fs";
import { Command, InvalidArgumentError, Option } from "commander";
import { assetPath } from "../core/asset.ts";
import { type EdgeAddress, parseEdgeAddress } from "../edge/edge.ts";
import { check, checkSchemaOnly } from "./check.ts";
import { count } from "./count.ts";
import { demo } from "./demo.ts";
import { type EnvoyFormat, envoy, envoyFormats } from "./envoy.ts";
import { fakeProvider } from "./fake-provider.ts";
import { addLedgerCommands } from "./ledger-commands.ts";
import { addBudgetCommands, addExplain, addStatus } from "./live-commands.ts";
import { models } from "./models.ts";
import { printNewKey } from "./new-key.ts";
import { prices } from "./prices.ts";
import { rowFormats } from "./rows.ts";
import { serve } from "./serve.ts";
import { addSteering } from "./steering-commands.ts";
import type { Terminal } from "./terminal.ts";
import { up } from "./up.ts";
import { addUsageCommands } from "./usage-commands.ts";

const configDefault = "tollgate.yaml";
const logLevels = ["trace", "debug", "info", "warn", "error"];

/** The command line: `tollgate COMMAND`. Reports what it cannot parse on standard error, and throws a CommanderError. */
export function createProgram(terminal: Terminal): Command {
  const { version } = JSON.parse(readFileSync(assetPath("package.json"), "utf8")) as { version: string };
  // Commands made by `command()` take these settings over, so they come first.
  const program = new Command("tollgate")
    .description(
      "Runtime control for LLM traffic beside Envoy: counts tokens, holds budgets, fails over, records every exchange.",
    )
    .version(version)
    // `usage` has commands below it: an option behind one of those is that one's.
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.out(text.trimEnd()),
      writeErr: (text) => terminal.err(text.trimEnd()),
    })
    .showHelpAfterError("(add --help to see what there is)");
  addServing(program, terminal);
  addConfig(program, terminal);
  addReports(program, terminal);
  addUsageCommands(program, terminal);
  addBudgetCommands(program, terminal);
  addStatus(program, terminal);
  addSteering(program, terminal);
  addLedgerCommands(program, terminal);
  addExplain(program, terminal);
  addKeys(program, terminal);
  return program;
}

function addServing(program: Command, terminal: Terminal): void {
  program
    .command("up")
    .description("run gateway and Envoy together on this machine")
    .option("-c, --config <file>", "the gateway's config", configDefault)
    .option("--run-dir <folder>", "where Envoy's files, log and sockets go; default: run, beside the config")
    .addOption(logLevel())
    .action((options) => up(terminal, options));
  program
    .command("serve")
    .description("run the ext_proc server and the admin interface alone, beside an Envoy you run")
    .option("-c, --config <file>", "the gateway's config", configDefault)
    .option("--envoy-files <folder>", "write Envoy's configuration there and keep it in step with the config")
    .addOption(logLevel())
    .action((options) => serve(terminal, options));
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

function addConfig(program: Command, terminal: Terminal): void {
  program
    .command("check")
    .description("validate a config; every problem at once")
    .argument("[file]", "the config", configDefault)
    .option("-c, --config <file>", "the same")
    .option("--schema", "print the JSON Schema of configs instead, for editors")
    .option("--json", "problems as JSON")
    .option("--against <file>", "the config in force: say which limits and budgets would start anew")
    .action((file, options) =>
      options.schema === true
        ? checkSchemaOnly(terminal)
        : check(terminal, options.config ?? file, { json: options.json === true, against: options.against }),
    );
  program
    .command("envoy")
    .description("compile a config to the configuration of an Envoy you run")
    .argument("[file]", "the config", configDefault)
    .option("-c, --config <file>", "the same")
    .requiredOption("-o, --output <folder>", "where to write it")
    .option(
      "--format <formats>",
      "bootstrap (one static file), xds (a bootstrap and a folder for each kind), or both",
      envoyFormatList,
      ["bootstrap"],
    )
    .option("--server <address>", "where Envoy reaches Tollgate, if not at server.address", serverAddress)
    .option("--ca <file>", "certificate authorities to trust, as Envoy sees the file; default: the system's")
    .option("--admin-socket <path>", "where Envoy puts its admin interface (xds); default: a loopback port")
    .addOption(new Option("--envoy <version>", "the Envoy it is for").choices(["1.40"]).default("1.40"))
    .option("--json", "names of the files as JSON", false)
    .action((file, { config = file, ...options }) => envoy(terminal, config, options));
}

function addReports(program: Command, terminal: Terminal): void {
  reporting(program.command("models"), rowFormats)
    .description("what clients may name, and where it goes")
    .option("-c, --config <file>", "the gateway's config", configDefault)
    .action((options) => models(terminal, withFormat(options)));
  reporting(program.command("prices"), rowFormats)
    .description("what counts today, and why")
    .option("-c, --config <file>", "the gateway's config", configDefault)
    .option("--all", "every price in force, not only those of the config's targets")
    .action((options) => prices(terminal, { ...withFormat(options), all: options.all === true }));
  reporting(program.command("count"), rowFormats)
    .description("count the tokens of texts, or of whole requests")
    .argument("[files...]", "texts, or bodies of requests; none, or -: standard input")
    .option("--model <name>", "the model that counts; default: the request's own, or gpt-4.1")
    .option("--request <path>", "the files are bodies of requests to this path, e.g. /v1/messages")
    .action((files, options) => count(terminal, files, withFormat(options)));
}

function addKeys(program: Command, terminal: Terminal): void {
  program
    .command("key")
    .description("API keys for clients")
    .command("new")
    .description("make a key, and the entry of keys.yaml that recognises it")
    .requiredOption("--tenant <id>", "who is charged")
    .option("--user <id>", "who calls")
    .option("--team <name>")
    .option("--app <name>")
    .option("--role <name...>", "what access rules ask for")
    .option("--name <name>", "what records call the key; default: tenant and user or app")
    .option("--expires <date>", "the last day it is good for, e.g. 2027-06-30")
    .option("--json", "key and entry as JSON")
    .action((options) => printNewKey(terminal, options));
}

function reporting(command: Command, formats: readonly string[]): Command {
  return command
    .addOption(new Option("--format <format>", "how to write it").choices(formats).default("table"))
    .option("--json", "the same as --format json");
}

function withFormat<Options extends { json?: boolean; format: string }>(options: Options): Options {
  return options.json === true ? { ...options, format: "json" } : options;
}

function logLevel(): Option {
  return new Option("--log-level <level>", "what to log").choices(logLevels).default("info");
}

function portNumber(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535)
    throw new InvalidArgumentError("A port is a number from 0 to 65535.");
  return port;
}

function serverAddress(text: string): EdgeAddress {
  const address = parseEdgeAddress(text);
  if (address === undefined) throw new InvalidArgumentError("An address is HOST:PORT or unix:PATH.");
  return address;
}

function envoyFormatList(text: string): readonly EnvoyFormat[] {
  const named = text.split(",");
  const formats = envoyFormats.filter((format) => named.includes(format));
  if (formats.length !== new Set(named).size)
    throw new InvalidArgumentError(`Formats are ${envoyFormats.join(" and ")}.`);
  return formats;
}
