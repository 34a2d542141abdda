import { totalmem } from "node:os";
import { type Json, typed } from "./typed.ts";

/** Twice what bodies on their way in may take, and room for answers. */
const heapBytesMax = 2_147_483_648;
/** The smallest stream that is reset for its memory: 2^20 bytes. */
const trackedPowerOfTwo = 20;

/**
 * Envoy's last line of defence, should anything outgrow its own bound: with a heap of 2 GiB, or half the machine's memory where that is less, the
 * largest streams are reset first, and new requests refused last. Timeouts are left alone: shorter ones would end waits for slow models, too.
 */
export function overloadManager(): Json {
  const heapMonitor = "envoy.resource_monitors.fixed_heap";
  const action = (name: string, trigger: Json): Json => ({
    name: `envoy.overload_actions.${name}`,
    triggers: [{ name: heapMonitor, ...(trigger as object) }],
  });
  return {
    refresh_interval: "0.1s",
    buffer_factory_config: { minimum_account_to_track_power_of_two: trackedPowerOfTwo },
    resource_monitors: [
      {
        name: heapMonitor,
        typed_config: typed("extensions.resource_monitors.fixed_heap.v3.FixedHeapConfig", {
          max_heap_size_bytes: Math.min(heapBytesMax, Math.floor(totalmem() / 2)),
        }),
      },
    ],
    actions: [
      action("shrink_heap", { threshold: { value: 0.75 } }),
      action("reset_high_memory_stream", { scaled: { scaling_threshold: 0.85, saturation_threshold: 0.95 } }),
      action("stop_accepting_requests", { threshold: { value: 0.98 } }),
    ],
  };
}
