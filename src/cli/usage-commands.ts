import { type Command, Option } from "commander";
import { usageDefaults, usageFormats } from "../admin/usage-query.ts";
import { reconcileInvoice } from "./reconcile.ts";
import { rowFormats } from "./rows.ts";
import type { Terminal } from "./terminal.ts";
import { usage } from "./usage.ts";
import { usageCompress, usageErase, usageExport, usageRemove } from "./usage-retention.ts";
import { usageShow } from "./usage-show.ts";

const configDefault = "tollgate.yaml";

/** Adds the commands about the usage log: reports, one exchange, reconciliation, retention. */
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
    .description("report spend and tokens from the usage log")
    .addOption(configOption())
    .option("--by <fields>", `record fields to group by, or hour, day, month (default: ${by})`)
    .option(
      "--since <point>",
      `24h, 7d, a date, or month for the current month (default: ${since}; month with --project)`,
    )
    .option("--until <point>", "24h, 7d or a date; leaves out later records (default: now)")
    .option("--timezone <zone>", "time zone of days, months and dates, e.g. Europe/Berlin (default: UTC)")
    .option("--top <count>", "only the most expensive rows; the total still covers all")
    .option("--baseline", "add each row's cost in the previous period of equal length")
    .option("--project", "add each row's projected cost at the end of the month")
    .addOption(formatOption(usageFormats))
    .option("--json", "same as --format json")
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
    .description("show one exchange, or the exchanges of a trace: attempts, stages, prices, accounts")
    .argument("<id>", "exchange id (x-tollgate-exchange-id) or trace id")
    .addOption(configOption())
    .option("--json", "print the records as JSON", false)
    .action((id, options) => usageShow(terminal, id, options));
}

function addRetention(report: Command, terminal: Terminal): void {
  report
    .command("compress")
    .description("compress the log's closed segments; reports still read them")
    .addOption(configOption())
    .action(({ config }) => usageCompress(terminal, config));
  report
    .command("remove")
    .description("remove old segments of the log; reports no longer cover that time")
    .addOption(configOption())
    .requiredOption("--before <point>", "90d or a date; keeps later records")
    .action(({ config, before }) => usageRemove(terminal, config, before));
  report
    .command("export")
    .description("write the log's records to a Parquet file with a column for each field")
    .addOption(configOption())
    .requiredOption("--parquet <file>", "file to write")
    .option("--since <point>", "90d or a date; leaves out exchanges opened earlier (default: everything)")
    .action((options) => usageExport(terminal, options));
  report
    .command("erase")
    .description(
      "erase a person from the log; tenants, models, tokens and costs stay, so totals do not change",
    )
    .argument("<subject>", "person as FIELD=VALUE, e.g. user_id=bob")
    .addOption(configOption())
    .action((subject, { config }) => usageErase(terminal, config, subject));
}

function addReconcile(program: Command, terminal: Terminal): void {
  program
    .command("reconcile")
    .description("compare the usage log with a provider's usage export; exit code 1 if they differ")
    .requiredOption(
      "--invoice <file>",
      "OpenAI's or Anthropic's usage export by model, or Bedrock's invocation log",
    )
    .addOption(configOption())
    .option("--backend <name...>", "backends that the provider bills (default: all backends of its type)")
    .addOption(formatOption(rowFormats))
    .option("--json", "same as --format json")
    .action(({ json, ...options }) =>
      reconcileInvoice(terminal, json === true ? { ...options, format: "json" } : options),
    );
}

function configOption(): Option {
  return new Option("-c, --config <file>", "the gateway's config file").default(configDefault);
}

function formatOption(formats: readonly string[]): Option {
  return new Option("--format <format>", "output format").choices(formats).default("table");
}

function flag(given: unknown): string | undefined {
  return given === true ? "true" : undefined;
}
