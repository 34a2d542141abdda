import { type EdgeHandler, type EdgeMethod, type EdgeStream, grpcStatus } from "./edge.ts";

/** Answers of grpc.health.v1: one varint field, number 1 (https://github.com/grpc/grpc-proto/blob/master/grpc/health/v1/health.proto). */
const reply = {
  serving: Buffer.from([0x08, 1]),
  notServing: Buffer.from([0x08, 2]),
  serviceUnknown: Buffer.from([0x08, 3]),
} as const;

/** Most `Watch` calls open at once. */
const watchersMax = 1_024;

/** The standard gRPC health service and the switch behind it. */
export interface HealthService {
  /** `Check` and `Watch`, to be served beside the methods whose health they tell. */
  readonly methods: readonly EdgeMethod[];
  /** Sets the health status, and tells every watcher of a change. */
  setServing(serving: boolean): void;
}

/** Health of these gRPC services, e.g. `envoy.service.ext_proc.v3.ExternalProcessor`, and of the server as a whole (``). Not serving at first. */
export function createHealth(services: readonly string[]): HealthService {
  const known = new Set(["", ...services]);
  const watchers = new Set<EdgeStream>();
  let serving = false;
  const current = () => (serving ? reply.serving : reply.notServing);
  return {
    methods: [checkMethod(known, current), watchMethod(known, current, watchers)],
    setServing(next) {
      if (next === serving) return;
      serving = next;
      for (const watcher of watchers) watcher.send(current());
    },
  };
}

function checkMethod(known: ReadonlySet<string>, current: () => Buffer): EdgeMethod {
  return {
    path: "/grpc.health.v1.Health/Check",
    open: (stream) =>
      unaryRequest(stream, (service) => {
        if (!known.has(service)) return stream.fail(grpcStatus.notFound, "unknown service");
        stream.send(current());
        stream.end();
      }),
  };
}

function watchMethod(
  known: ReadonlySet<string>,
  current: () => Buffer,
  watchers: Set<EdgeStream>,
): EdgeMethod {
  return {
    path: "/grpc.health.v1.Health/Watch",
    open(stream) {
      const handler = unaryRequest(stream, (service) => {
        if (!known.has(service)) return stream.send(reply.serviceUnknown);
        if (watchers.size >= watchersMax)
          return stream.fail(grpcStatus.resourceExhausted, "too many watchers");
        watchers.add(stream);
        stream.send(current());
      });
      return { ...handler, closed: () => void watchers.delete(stream) };
    },
  };
}

/** A call whose client sends exactly one HealthCheckRequest. */
function unaryRequest(stream: EdgeStream, answer: (service: string) => void): EdgeHandler {
  let answered = false;
  return {
    message(bytes) {
      if (answered) return stream.fail(grpcStatus.invalidArgument, "one request expected");
      answered = true;
      const service = decodeService(bytes);
      if (service === undefined)
        return stream.fail(grpcStatus.invalidArgument, "malformed HealthCheckRequest");
      answer(service);
    },
    halfClosed() {
      if (!answered) stream.fail(grpcStatus.invalidArgument, "one request expected");
    },
    closed() {},
  };
}

/** The `service` of a HealthCheckRequest (field 1; the last one counts, other fields are skipped); undefined when malformed. */
function decodeService(bytes: Buffer): string | undefined {
  let service = "";
  for (let at = 0; at < bytes.length; ) {
    const tag = varint(bytes, at);
    const value = tag === undefined ? undefined : varint(bytes, tag.end);
    if (tag === undefined || value === undefined) return undefined;
    const wireType = tag.value & 7;
    at = wireType === 2 ? value.end + value.value : value.end;
    if ((wireType !== 0 && wireType !== 2) || at > bytes.length) return undefined;
    if (tag.value === 0x0a) service = bytes.toString("utf8", value.end, at);
  }
  return service;
}

/** A protobuf varint of at most four bytes, enough for a tag or a length here; undefined when it is longer or cut. */
function varint(bytes: Buffer, start: number): { readonly value: number; readonly end: number } | undefined {
  let value = 0;
  for (let at = start; at < Math.min(bytes.length, start + 4); at++) {
    const byte = bytes[at] ?? 0;
    value |= (byte & 127) << (7 * (at - start));
    if (byte < 128) return { value, end: at + 1 };
  }
  return undefined;
}
