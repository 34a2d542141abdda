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
  // Subcommands copy these settings, so they come before the first `command()`.
  const program = new Command("tollgate")
    .description(
      "AI gateway for LLM traffic, beside Envoy: counts tokens, enforces budgets, fails over, and records every exchange.",
    )
    .version(version)
    // `usage` has subcommands: options after a subcommand's name belong to the subcommand.
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.out(text.trimEnd()),
      writeErr: (text) => terminal.err(text.trimEnd()),
    })
    .showHelpAfterError("(see --help for commands and options)");
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
    .description("run the gateway and Envoy together on this machine")
    .option("-c, --config <file>", "the gateway's config file", configDefault)
    .option(
      "--run-dir <folder>",
      "folder for Envoy's files, log and sockets; default: run, beside the config",
    )
    .addOption(logLevel())
    .action((options) => up(terminal, options));
  program
    .command("serve")
    .description("run only the ext_proc server and the admin interface, beside your own Envoy")
    .option("-c, --config <file>", "the gateway's config file", configDefault)
    .option(
      "--envoy-files <folder>",
      "write Envoy's configuration to this folder and update it when the config changes",
    )
    .addOption(logLevel())
    .action((options) => serve(terminal, options));
  program
    .command("fake-provider")
    .description("run a fake provider that needs no key and fails on request, for trying out the gateway")
    .option("--port <number>", "port to listen on; 0: any free port", portNumber, 8090)
    .option("--host <address>", "address to listen on", "127.0.0.1")
    .option("--name <name>", "name that `x-fake-only` uses for it", "fake")
    .action((options) => fakeProvider(terminal, options));
  program
    .command("demo")
    .description("run a demo: gateway, Envoy, two fake providers, sample traffic, and a report")
    .action(() => demo(terminal));
}

function addConfig(program: Command, terminal: Terminal): void {
  program
    .command("check")
    .description("validate a config and report every problem at once")
    .argument("[file]", "config file", configDefault)
    .option("-c, --config <file>", "same as [file]")
    .option("--schema", "print the JSON Schema of the config, for editors")
    .option("--json", "print problems as JSON")
    .option("--against <file>", "config in force: report which limits and budgets would restart from zero")
    .action((file, options) =>
      options.schema === true
        ? checkSchemaOnly(terminal)
        : check(terminal, options.config ?? file, { json: options.json === true, against: options.against }),
    );
  program
    .command("envoy")
    .description("generate the configuration of your own Envoy from a config")
    .argument("[file]", "config file", configDefault)
    .option("-c, --config <file>", "same as [file]")
    .requiredOption("-o, --output <folder>", "folder to write to")
    .option(
      "--format <formats>",
      "bootstrap (one static file), xds (a bootstrap and a folder for each resource type), or both",
      envoyFormatList,
      ["bootstrap"],
    )
    .option(
      "--server <address>",
      "address at which Envoy reaches Tollgate; default: server.address",
      serverAddress,
    )
    .option(
      "--ca <file>",
      "path, on Envoy's machine, of the certificate authorities to trust; default: the system's",
    )
    .option(
      "--admin-socket <path>",
      "Unix socket for Envoy's admin interface (xds); default: a loopback port",
    )
    .addOption(new Option("--envoy <version>", "Envoy version").choices(["1.40"]).default("1.40"))
    .option("--json", "print the file names as JSON", false)
    .action((file, { config = file, ...options }) => envoy(terminal, config, options));
}

function addReports(program: Command, terminal: Terminal): void {
  reporting(program.command("models"), rowFormats)
    .description("list the models that clients may name, and their targets")
    .option("-c, --config <file>", "the gateway's config file", configDefault)
    .action((options) => models(terminal, withFormat(options)));
  reporting(program.command("prices"), rowFormats)
    .description("show today's price of each target, and its source")
    .option("-c, --config <file>", "the gateway's config file", configDefault)
    .option("--all", "show every price in force, not only those of the config's targets")
    .action((options) => prices(terminal, { ...withFormat(options), all: options.all === true }));
  reporting(program.command("count"), rowFormats)
    .description("count the tokens of texts, or of whole requests")
    .argument("[files...]", "text files, or request bodies with --request; none or -: standard input")
    .option("--model <name>", "model whose tokenizer counts; default: the request's model, or gpt-4.1")
    .option("--request <path>", "treat the files as request bodies for this path, e.g. /v1/messages")
    .action((files, options) => count(terminal, files, withFormat(options)));
}

function addKeys(program: Command, terminal: Terminal): void {
  program
    .command("key")
    .description("manage API keys for clients")
    .command("new")
    .description("create a key and its entry for keys.yaml")
    .requiredOption("--tenant <id>", "tenant to charge")
    .option("--user <id>", "user of the key")
    .option("--team <name>", "team of the key")
    .option("--app <name>", "app of the key")
    .option("--role <name...>", "roles that access rules check")
    .option("--name <name>", "name of the key in records; default: tenant and user or app")
    .option("--expires <date>", "last day on which the key is valid, e.g. 2027-06-30")
    .option("--json", "print key and entry as JSON")
    .action((options) => printNewKey(terminal, options));
}

function reporting(command: Command, formats: readonly string[]): Command {
  return command
    .addOption(new Option("--format <format>", "output format").choices(formats).default("table"))
    .option("--json", "same as --format json");
}

function withFormat<Options extends { json?: boolean; format: string }>(options: Options): Options {
  return options.json === true ? { ...options, format: "json" } : options;
}

function logLevel(): Option {
  return new Option("--log-level <level>", "lowest level to log").choices(logLevels).default("info");
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
