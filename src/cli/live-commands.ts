import { type Command, Option } from "commander";
import { budgets } from "./budgets.ts";
import { changeBudget } from "./change-budget.ts";
import { explainRequest } from "./explain.ts";
import { rowFormats } from "./rows.ts";
import { status } from "./status.ts";
import type { Terminal } from "./terminal.ts";

const actions = {
  reset: "forget what was used in the window of now; what is held stays",
  grant: "add an amount to the limit until its window ends; a negative one takes back",
  raise: "raise the limit to an amount until its window ends",
} as const;

/** Adds `tollgate budgets` and the commands below it. */
export function addBudgetCommands(program: Command, terminal: Terminal): void {
  const list = asking(program.command("budgets"))
    .description("where limits and budgets of a running gateway stand: used, held, left, and when they reset")
    .option("--name <rule>", "accounts of this rule alone")
    .option("--key <text>", "accounts whose key has this in it, e.g. tenant_id=acme");
  list.action((options) => budgets(terminal, withFormat(options)));
  for (const action of ["reset", "grant", "raise"] as const) {
    const command = asking(list.command(action))
      .description(actions[action])
      .argument("<rule>", "the rule's name");
    if (action !== "reset") command.argument("<amount>", "dollars for money, else a whole number");
    command
      .option("--key <key>", "whose account, as `tollgate budgets` shows it", "")
      .option("--window <window>", "which of the rule's windows, as `tollgate budgets` shows it")
      .option("--by <name>", "who asks, for the audit; default: $USER")
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
    .description(
      "how the targets of a running gateway do: which are ejected and why, how busy, how fast; and what is stopped or forced",
    )
    .action((options) => status(terminal, withFormat(options)));
}

/** Adds `tollgate explain`. */
export function addExplain(program: Command, terminal: Terminal): void {
  program
    .command("explain")
    .description("what would become of a request, and why; nothing is held, and nothing leaves")
    .argument("[file]", "the config", "tollgate.yaml")
    .option("-c, --config <file>", "the same")
    .requiredOption("--request <file>", "the request's body; -: standard input")
    .option("-H, --header <line>", "a header of the request, as NAME: VALUE; may be repeated", collect, [])
    .option("--key <key>", "the client's key")
    .option("--path <path>", "what the request is sent to", "/v1/chat/completions")
    .option("--admin <url>", "the gateway to ask where limits stand; default: admin.address, if one is there")
    .option("--json", "all of it as JSON")
    .action((file, { config = file, ...options }) => explainRequest(terminal, config, options));
}

function collect(line: string, lines: readonly string[]): readonly string[] {
  return [...lines, line];
}

/** A command that asks a running gateway. */
export function asking(command: Command): Command {
  return command
    .option("-c, --config <file>", "the gateway's config", "tollgate.yaml")
    .option("--admin <url>", "the gateway's admin interface; default: admin.address of the config")
    .addOption(new Option("--format <format>", "how to write it").choices(rowFormats).default("table"))
    .option("--json", "the same as --format json");
}

/** Options in which `--json` is a format as any other. */
export function withFormat<Options extends { json?: boolean; format: string }>(options: Options): Options {
  return options.json === true ? { ...options, format: "json" } : options;
}
