import { type Command, Option } from "commander";
import { overrideForDefault } from "../admin/overrides-api.ts";
import { asking, withFormat } from "./live-commands.ts";
import { lift, type OrderOptions, order } from "./overrides.ts";
import type { Terminal } from "./terminal.ts";

/** Adds `tollgate stop`, `force` and `lift`. */
export function addSteering(program: Command, terminal: Terminal): void {
  ordering(program.command("stop"))
    .description(
      "refuse what is named at a running gateway, and cut what runs of it; all that is named has to apply",
    )
    .option("--backend <name>", "a backend of the config")
    .option("--target <backend/model>", "one model of a backend")
    .option("--model <name>", "a model as clients name it")
    .option("--tenant <id>", "a tenant")
    .option("--user <id>", "a user")
    .option("--key <name>", "an API key, by its name")
    .option("--workflow <name>", "a workflow")
    .option("--drain", "let what runs come to its end")
    .action(({ drain, ...options }) =>
      order(terminal, drain === true ? "drain" : "stop", options, withFormat(options as OrderOptions)),
    );
  ordering(program.command("force"))
    .description("ask a backend or a target although it is ejected")
    .argument("<what>", "a backend, or one model of it as backend/model")
    .action((what: string, options: OrderOptions) =>
      order(
        terminal,
        "force",
        what.includes("/") ? { target: what } : { backend: what },
        withFormat(options),
      ),
    );
  by(asking(program.command("lift").alias("resume")))
    .description("take back what `stop` and `force` have ordered")
    .argument("[ids...]", "as `tollgate status` shows them")
    .option("--all", "everything that is in force")
    .action((ids, options) => lift(terminal, ids, withFormat(options)));
}

function ordering(command: Command): Command {
  return by(asking(command))
    .requiredOption("--reason <text>", "why, for other operators; clients are not told")
    .option("--for <duration>", `how long, e.g. 15m; default: ${overrideForDefault}`)
    .addOption(new Option("--until <event>", "no end but this").choices(["lifted"]));
}

function by(command: Command): Command {
  return command.option("--by <name>", "who asks, for the audit; default: $USER");
}
