import { cpSync, existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { go, Missing, run, type Tool } from "./tool.ts";

const version = "v2.2.1+incompatible";
const module = "github.com/summerwind/h2spec";

/** HTTP/2's conformance tests. */
export const h2spec: Tool = async (folder, host, port) => {
  const binary = join(folder, "h2spec");
  if (!existsSync(binary)) await build(folder, binary);
  const { text } = await run(binary, ["-h", host, "-p", String(port), "-P", "/", "-o", "3"]);
  const told = /(\d+) tests, (\d+) passed, (\d+) skipped, (\d+) failed/.exec(text);
  if (told === null) throw new Error(`h2spec said: ${text.slice(-500)}`);
  const what = "all of generic, http2, hpack";
  return { version, checks: [{ what, ok: told[1] === told[2], told: `${told[2]} of ${told[1]} pass` }] };
};

/** h2spec asks by GET, which gRPC never is: a copy of it asks by POST for `application/grpc`, so that calls are opened and not refused. */
async function build(folder: string, binary: string): Promise<void> {
  const listed = await go(["mod", "download", "-json", `${module}@${version}`], { cwd: folder });
  const { Dir } = JSON.parse(listed) as { Dir: string };
  const source = join(folder, "h2spec-source");
  rmSync(source, { recursive: true, force: true });
  // The cache of Go is read-only; a plain copy with the default mode is not.
  for (const part of [
    "client",
    "cmd",
    "config",
    "generic",
    "hpack",
    "http2",
    "log",
    "reporter",
    "spec",
    "h2spec.go",
  ])
    cpSync(join(Dir, part), join(source, part), { recursive: true });
  await run("chmod", ["-R", "u+w", source]);
  const headers = join(source, "spec", "util.go");
  const original = readFileSync(headers, "utf8");
  const patched = original
    .replace('":method", "GET"),', '":method", "POST"),')
    .replace(
      '":authority", authority),',
      '":authority", authority), HeaderField("content-type", "application/grpc"),',
    );
  if (patched.split("application/grpc").length !== 2 || !patched.includes('"POST"'))
    throw new Missing(`${module}@${version} is not as expected`);
  writeFileSync(headers, patched);
  await go(["mod", "init", module], { cwd: source });
  await go(["mod", "tidy"], { cwd: source });
  await go(["build", "-o", binary, "./cmd/h2spec"], { cwd: source });
}
