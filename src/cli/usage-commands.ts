import { type Command, Option } from "commander";
import { usageDefaults, usageFormats } from "../admin/usage-query.ts";
import { reconcileInvoice } from "./reconcile.ts";
import { rowFormats } from "./rows.ts";
import type { Terminal } from "./terminal.ts";
import { usage } from "./usage.ts";
import { usageCompress, usageErase, usageExport, usageRemove } from "./usage-retention.ts";
import { usageShow } from "./usage-show.ts";

const configDefault = "tollgate.yaml";

/** Adds the commands about the usage log: what was spent, one exchange, whether the bill agrees, what is kept. */
export function addUsageCommands(program: Command, terminal: Terminal): void {
  const report = program.command("usage");
  addReport(report, terminal);
  addShow(report, terminal);
  addRetention(report, terminal);
  addReconcile(program, terminal);
}

function addReport(report: Command, terminal: Terminal): void {
  const { by, since } = usageDefaults;
  report
    .description("spend and tokens from the usage log")
    .addOption(configOption())
    .option("--by <fields>", `record fields to group by; also hour, day, month (default: ${by})`)
    .option(
      "--since <point>",
      `24h, 7d, a date, or month: since the first of this one (default: ${since}; month with --project)`,
    )
    .option("--until <point>", "24h, 7d or a date; what came later is left out (default: now)")
    .option("--timezone <zone>", "where days, months and dates begin, e.g. Europe/Berlin (default: UTC)")
    .option("--top <count>", "the dearest rows alone; the total stays that of all")
    .option("--baseline", "beside each row its cost in the equally long period before")
    .option("--project", "beside each row its cost at the month's end if it goes on as so far")
    .addOption(formatOption(usageFormats))
    .option("--json", "the same as --format json")
    .action(({ config, json, baseline, project, ...text }) =>
      usage(terminal, config, {
        ...text,
        format: json === true ? "json" : text.format,
        baseline: flag(baseline),
        project: flag(project),
      }),
    );
}

function addShow(report: Command, terminal: Terminal): void {
  report
    .command("show")
    .description("all that is known of one exchange, or of a trace's: attempts, stages, prices, accounts")
    .argument("<id>", "an exchange's id (x-tollgate-exchange-id) or a trace id")
    .addOption(configOption())
    .option("--json", "the records as JSON", false)
    .action((id, options) => usageShow(terminal, id, options));
}

function addRetention(report: Command, terminal: Terminal): void {
  report
    .command("compress")
    .description("compress the segments of the log that no longer grow; reports read them as before")
    .addOption(configOption())
    .action(({ config }) => usageCompress(terminal, config));
  report
    .command("remove")
    .description("remove old segments of the log, and with them what reports know of that time")
    .addOption(configOption())
    .requiredOption("--before <point>", "90d, or a date: what was recorded later is kept")
    .action(({ config, before }) => usageRemove(terminal, config, before));
  report
    .command("export")
    .description("write the log's records to a Parquet file, a column for each field")
    .addOption(configOption())
    .requiredOption("--parquet <file>", "where to write it")
    .option("--since <point>", "90d, or a date; what was opened earlier is left out (default: everything)")
    .action((options) => usageExport(terminal, options));
  report
    .command("erase")
    .description("take a person out of the log; tenants, models, tokens and costs stay, so sums do, too")
    .argument("<subject>", "whose, as FIELD=VALUE, e.g. user_id=bob")
    .addOption(configOption())
    .action((subject, { config }) => usageErase(terminal, config, subject));
}

function addReconcile(program: Command, terminal: Terminal): void {
  program
    .command("reconcile")
    .description("compare the usage log with what a provider says it served; exit code 1 if they differ")
    .requiredOption(
      "--invoice <file>",
      "OpenAI's or Anthropic's usage export by model, or Bedrock's invocation log",
    )
    .addOption(configOption())
    .option("--backend <name...>", "backends that this provider bills (default: all of its type)")
    .addOption(formatOption(rowFormats))
    .option("--json", "the same as --format json")
    .action(({ json, ...options }) =>
      reconcileInvoice(terminal, json === true ? { ...options, format: "json" } : options),
    );
}

function configOption(): Option {
  return new Option("-c, --config <file>", "the gateway's config").default(configDefault);
}

function formatOption(formats: readonly string[]): Option {
  return new Option("--format <format>", "how to write it").choices(formats).default("table");
}

function flag(given: unknown): string | undefined {
  return given === true ? "true" : undefined;
}
