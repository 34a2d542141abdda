import type { ProtobufWriter } from "../../core/protobuf-writer.ts";

/** How bodies reach us, in the order of Envoy's `BodySendMode`. */
const bodyModes = ["none", "streamed", "buffered", "buffered_partial", "full_duplex_streamed"] as const;
/** Modes for headers and trailers, in the order of `HeaderSendMode`; `default` changes nothing. */
const headerModes = ["default", "send", "skip"] as const;

/** The body mode with this number. Undefined if there is none. */
export function bodyModeOf(number: number): BodyMode | undefined {
  return bodyModes[number];
}

/** One of Envoy's body modes. */
export type BodyMode = (typeof bodyModes)[number];
/** One of Envoy's header and trailer modes. */
export type HeaderMode = (typeof headerModes)[number];

/** The messages to send us for the rest of this exchange. Envoy takes both body modes literally, so both must be set even if only one changes. */
export interface ProcessingMode {
  readonly requestBody: BodyMode;
  readonly responseBody: BodyMode;
  readonly responseHeaders?: HeaderMode;
  readonly requestTrailers?: HeaderMode;
  readonly responseTrailers?: HeaderMode;
}

/** Writes the fields of an `envoy.extensions.filters.http.ext_proc.v3.ProcessingMode`. */
export function writeProcessingMode(writer: ProtobufWriter, mode: ProcessingMode): void {
  writeMode(writer, 6, headerModes.indexOf(mode.responseTrailers ?? "default"));
  writeMode(writer, 5, headerModes.indexOf(mode.requestTrailers ?? "default"));
  writeMode(writer, 4, bodyModes.indexOf(mode.responseBody));
  writeMode(writer, 3, bodyModes.indexOf(mode.requestBody));
  writeMode(writer, 2, headerModes.indexOf(mode.responseHeaders ?? "default"));
}

function writeMode(writer: ProtobufWriter, field: number, mode: number): void {
  if (mode > 0) writer.varintField(field, mode);
}
