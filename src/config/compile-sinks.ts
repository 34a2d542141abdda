import { sinkKinds } from "../usage/sink/index.ts";
import type { Sink } from "../usage/sink/sink.ts";
import { type Compilation, contextOf, parseKind } from "./compilation.ts";

/** Compiles `usage.sinks`. A sink's name is where its delivery stands: two of one name would each skip what the other has delivered. */
export function compileSinks(compilation: Compilation, entries: readonly unknown[]): readonly Sink[] {
  const sinks: Sink[] = [];
  for (const [index, entry] of entries.entries()) {
    const path = ["usage", "sinks", index];
    const parsed = parseKind(compilation, path, entry, "type", sinkKinds);
    if (parsed === undefined) continue;
    const sink = parsed.kind.create(parsed.section, contextOf(compilation, undefined));
    if (sinks.some(({ name }) => name === sink.name))
      compilation.file.refuse(path, `another sink is named ${sink.name}: give this one a name of its own`);
    sinks.push(sink);
  }
  return Object.freeze(sinks);
}
