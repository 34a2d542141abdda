import { type Command, Option } from "commander";
import { overrideForDefault } from "../admin/overrides-api.ts";
import { asking, withFormat } from "./live-commands.ts";
import { lift, type OrderOptions, order } from "./overrides.ts";
import type { Terminal } from "./terminal.ts";

/** Adds `tollgate stop`, `force` and `lift`. */
export function addSteering(program: Command, terminal: Terminal): void {
  ordering(program.command("stop"))
    .description("stop traffic: refuse new requests that match all given options, and cut running ones")
    .option("--backend <name>", "requests to this backend")
    .option("--target <backend/model>", "requests to this model of a backend")
    .option("--model <name>", "requests for this model, as clients name it")
    .option("--tenant <id>", "requests of this tenant")
    .option("--user <id>", "requests of this user")
    .option("--key <name>", "requests with the API key of this name")
    .option("--workflow <name>", "requests of this workflow")
    .option("--drain", "refuse new requests only; let running ones finish")
    .action(({ drain, ...options }) =>
      order(terminal, drain === true ? "drain" : "stop", options, withFormat(options as OrderOptions)),
    );
  ordering(program.command("force"))
    .description("send requests to a backend or a target although it is ejected")
    .argument("<what>", "a backend, or one of its models as backend/model")
    .action((what: string, options: OrderOptions) =>
      order(
        terminal,
        "force",
        what.includes("/") ? { target: what } : { backend: what },
        withFormat(options),
      ),
    );
  by(asking(program.command("lift").alias("resume")))
    .description("lift overrides made by `stop` and `force`")
    .argument("[ids...]", "ids of overrides, from `tollgate status`")
    .option("--all", "lift every override in force")
    .action((ids, options) => lift(terminal, ids, withFormat(options)));
}

function ordering(command: Command): Command {
  return by(asking(command))
    .requiredOption("--reason <text>", "reason, shown to operators and never to clients")
    .option("--for <duration>", `duration, e.g. 15m; default: ${overrideForDefault}`)
    .addOption(new Option("--until <event>", "keep the override until it is lifted").choices(["lifted"]));
}

function by(command: Command): Command {
  return command.option("--by <name>", "your name for the audit log; default: $USER");
}
