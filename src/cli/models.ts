import { resolve } from "node:path";
import { configuredModels } from "../config/configured-models.ts";
import { formatTarget } from "../plan/plan.ts";
import type { ModelRoute } from "../route/model-route.ts";
import { loadSnapshot } from "./load-snapshot.ts";
import { type Column, formatRows, type RowFormat } from "./rows.ts";
import type { Terminal } from "./terminal.ts";

/** What `tollgate models` and `tollgate prices` are asked for. */
export interface ConfigReport {
  readonly config: string;
  readonly format: RowFormat;
}

/** `tollgate models`: what clients may name, and where it goes. */
export function models(terminal: Terminal, options: ConfigReport): void {
  const snapshot = loadSnapshot(terminal, resolve(terminal.cwd, options.config));
  const columns: readonly Column<ModelRow>[] = [
    { title: "model", of: (row) => row.model },
    { title: "targets, in order", of: (row) => row.targets.join(", ") },
    { title: "attempts", figures: true, of: (row) => String(row.attempts) },
  ];
  terminal.out(formatRows(configuredModels(snapshot).map(rowOf), columns, options.format));
}

interface ModelRow {
  readonly model: string;
  readonly targets: readonly string[];
  readonly attempts: number;
}

function rowOf({ name, targets, attempts }: ModelRoute): ModelRow {
  return { model: name, targets: targets.map(formatTarget), attempts };
}
