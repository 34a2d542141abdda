import { type MetricDefinition, metricTable } from "../../../src/admin/metric-table.ts";
import { code, markdownTable } from "./generated-part.ts";

/** The reference of metrics: one row for each. */
export function metricsReference(): string {
  const rows = Object.entries<MetricDefinition>(metricTable).map(([name, { kind, labels, help }]) => [
    code(name),
    kind,
    labels.map(code).join(", "),
    help,
  ]);
  return markdownTable(["metric", "kind", "labels", "meaning"], rows);
}
