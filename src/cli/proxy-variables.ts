import type { Terminal } from "./terminal.ts";

const names = ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"];

/** Says that proxies named by the environment are not used: Envoy connects to providers itself. */
export function warnOfProxies(terminal: Terminal): void {
  const set = names.filter((name) => (terminal.env[name] ?? "") !== "");
  if (set.length === 0) return;
  terminal.err(
    `tollgate: ${set.join(", ")} ${set.length === 1 ? "is" : "are"} not supported: connections to providers are direct. To use a proxy, set the backend's endpoint to your own gateway.`,
  );
}
