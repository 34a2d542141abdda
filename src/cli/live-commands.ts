import { type Command, Option } from "commander";
import { budgets } from "./budgets.ts";
import { changeBudget } from "./change-budget.ts";
import { explainRequest } from "./explain.ts";
import { rowFormats } from "./rows.ts";
import { status } from "./status.ts";
import type { Terminal } from "./terminal.ts";

const actions = {
  reset: "set the current window's usage to zero; open holds stay",
  grant: "add an amount, which may be negative, to the limit until its window ends",
  raise: "set the limit to an amount until its window ends",
} as const;

/** Adds `tollgate budgets` and the commands below it. */
export function addBudgetCommands(program: Command, terminal: Terminal): void {
  const list = asking(program.command("budgets"))
    .description(
      "show used, held and remaining amounts of a running gateway's limits and budgets, and their resets",
    )
    .option("--name <rule>", "only accounts of this rule")
    .option("--key <text>", "only accounts whose key contains this, e.g. tenant_id=acme");
  list.action((options) => budgets(terminal, withFormat(options)));
  for (const action of ["reset", "grant", "raise"] as const) {
    const command = asking(list.command(action))
      .description(actions[action])
      .argument("<rule>", "name of the rule");
    if (action !== "reset") command.argument("<amount>", "dollars for a budget, else a whole number");
    command
      .option("--key <key>", "key of the account, from `tollgate budgets`", "")
      .option("--window <window>", "window of the rule, from `tollgate budgets`")
      .option("--by <name>", "your name for the audit log; default: $USER")
      .action((...given) => {
        const [name, amount] = given.slice(0, -2);
        const options = withFormat(given.at(-2));
        return changeBudget(terminal, action, { ...options, name, amount });
      });
  }
}

/** Adds `tollgate status`. */
export function addStatus(program: Command, terminal: Terminal): void {
  asking(program.command("status"))
    .description("show health, load and latency of a running gateway's targets, and the overrides in force")
    .action((options) => status(terminal, withFormat(options)));
}

/** Adds `tollgate explain`. */
export function addExplain(program: Command, terminal: Terminal): void {
  program
    .command("explain")
    .description("explain how a request would be handled, without holding money or sending it")
    .argument("[file]", "config file", "tollgate.yaml")
    .option("-c, --config <file>", "same as [file]")
    .requiredOption("--request <file>", "file with the request's body; -: standard input")
    .option("-H, --header <line>", "request header as NAME: VALUE; may be repeated", collect, [])
    .option("--key <key>", "the client's API key")
    .option("--path <path>", "path of the request", "/v1/chat/completions")
    .option(
      "--admin <url>",
      "admin interface of the gateway to read limits from; default: admin.address, if it answers",
    )
    .option("--json", "print as JSON")
    .action((file, { config = file, ...options }) => explainRequest(terminal, config, options));
}

function collect(line: string, lines: readonly string[]): readonly string[] {
  return [...lines, line];
}

/** Adds the options of commands that call a running gateway. */
export function asking(command: Command): Command {
  return command
    .option("-c, --config <file>", "the gateway's config file", "tollgate.yaml")
    .option("--admin <url>", "the gateway's admin interface; default: admin.address of the config")
    .addOption(new Option("--format <format>", "output format").choices(rowFormats).default("table"))
    .option("--json", "same as --format json");
}

/** Options with `--json` turned into `--format json`. */
export function withFormat<Options extends { json?: boolean; format: string }>(options: Options): Options {
  return options.json === true ? { ...options, format: "json" } : options;
}
