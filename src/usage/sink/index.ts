import { http } from "./http.ts";
import type { SinkKind } from "./sink.ts";

/** Every kind of entry the config's `usage.sinks` list may have. */
export const sinkKinds: readonly SinkKind[] = [http];
