// The process that load-aside.ts starts: reads and checks one config, answers, and ends.
import { prepareConfig } from "./load.ts";

// What `ps` shows.
process.title = "tollgate: reads a config";

process.once(
  "message",
  ({ path, env }: { path: string; env: Readonly<Record<string, string | undefined>> }) => {
    process.send?.(prepareConfig(path, env), () => process.disconnect());
  },
);
