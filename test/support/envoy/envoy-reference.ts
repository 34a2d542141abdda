import { isMap, type Node, parseDocument, stringify } from "yaml";
import { compileStatic } from "../../../src/xds/bootstrap.ts";

/** Comments of envoy/reference.yaml: above the value at a path. */
const comments: readonly (readonly [path: readonly (string | number)[], text: string])[] = [
  [
    ["grpc_async_client_manager_config"],
    " Needed: with neither of these two, an answer that takes longer than 50 s can crash Envoy. README.md says more.",
  ],
  [
    ["overload_manager"],
    " Needed: Envoy's last line of defence, should anything outgrow its own bound. Yours: max_heap_size_bytes, from 1 GiB, and not above half of Envoy's memory.",
  ],
  [
    ["static_resources", "listeners", 0, "address"],
    " Yours: address, TLS (filter_chains[].transport_socket), further listeners.",
  ],
  [
    ["static_resources", "listeners", 0, "per_connection_buffer_limit_bytes"],
    " Needed: bounds what Envoy buffers of a request before Tollgate has answered its headers. Not above 4 MiB, not below 1 MiB.",
  ],
  [
    [...hcm(), "http2_protocol_options"],
    " Needed: bounds what one HTTP/2 connection can open at once. Clients queue what is above it.",
  ],
  [
    [...hcm(), "use_remote_address"],
    " Needed: without these four a client's own headers would be believed, or its paths changed.",
  ],
  [[...hcm(), "stream_idle_timeout"], " Yours, above what your models take before their first byte."],
  [
    [...hcm(), "access_log"],
    " Needed: tells Tollgate why a connection ended. Add access logs of your own beside it.",
  ],
  [
    [...hcm(), "http_filters"],
    " Needed, last before the router. Put filters of your own (CORS, JWT, rate limits) before it.",
  ],
  [
    [...hcm(), "route_config", "virtual_hosts", 0, "domains"],
    " Yours, if Tollgate is to serve certain hosts only.",
  ],
  [
    [...hcm(), "route_config", "virtual_hosts", 0, "routes"],
    " Needed: one route before there is a plan and one after it. Routes of your own belong into another virtual host.",
  ],
  [
    ["static_resources", "clusters"],
    " One cluster a backend, named as in tollgate.yaml, and four of Tollgate's own. Yours: connect_timeout, TLS.",
  ],
];

/** Where the connection manager's configuration is. */
function hcm(): readonly (string | number)[] {
  return ["static_resources", "listeners", 0, "filter_chains", 0, "filters", 0, "typed_config"];
}

/** What envoy/reference.yaml must hold; `caFile` is trusted for upstream TLS. */
export function envoyReference(caFile = "/etc/ssl/certs/ca-certificates.crt"): string {
  const config = compileStatic({
    version: "reference",
    listen: { host: "0.0.0.0", port: 8080, bodyLimitBytes: 33_554_432 },
    edge: { kind: "unix", path: "/run/tollgate/tollgate.sock" },
    backends: [
      {
        name: "openai",
        endpoint: new URL("https://api.openai.com/v1"),
        connectTimeoutMs: undefined,
        tls: { caFile, serverName: undefined },
      },
    ],
  });
  const document = parseDocument(stringify(config, { lineWidth: 0, aliasDuplicateObjects: false }));
  document.commentBefore =
    " Tollgate in an Envoy of your own: the whole of a static configuration, with what may be changed. The same for your own config is\n" +
    " written by `tollgate envoy tollgate.yaml -o FOLDER`. Tollgate itself runs beside it: `tollgate serve -c tollgate.yaml`.";
  for (const [path, text] of comments) {
    const parent = document.getIn(path.slice(0, -1), true);
    const name = path.at(-1);
    const pair = isMap<Node>(parent) ? parent.items.find(({ key }) => String(key) === name) : undefined;
    if (pair === undefined) throw new Error(`envoy/reference.yaml has no ${path.join(".")}`);
    pair.key.commentBefore = text;
  }
  return document.toString({ lineWidth: 0 });
}
