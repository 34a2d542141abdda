import { totalmem } from "node:os";
import { type Json, typed } from "./typed.ts";

/** Envoy's heap at most, in bytes: twice what bodies on their way in may take, and room for answers. */
export const heapBytesMax = 2_147_483_648;
/** The smallest stream that is reset for its memory: 2^20 bytes. */
const trackedPowerOfTwo = 20;

/** The heap of an Envoy on this machine: {@link heapBytesMax}, or half the memory where that is less. */
export function heapBytesHere(): number {
  return Math.min(heapBytesMax, Math.floor(totalmem() / 2));
}

/**
 * Envoy's last line of defence, should anything outgrow its own bound. As its heap nears `heapBytes`, the largest HTTP/2 streams are reset
 * first, and new requests refused last. Timeouts stay as they are: shorter ones would end waits for slow models, too.
 */
export function overloadManager(heapBytes: number): Json {
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
          max_heap_size_bytes: heapBytes,
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
