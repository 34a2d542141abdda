import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { parse, parseAllDocuments } from "yaml";
import { loadConfig } from "../../src/config/load.ts";
import { packageRoot } from "../../src/core/asset.ts";

interface Container {
  readonly name: string;
  readonly image: string;
  readonly args: readonly string[];
  readonly ports?: readonly { readonly name: string; readonly containerPort: number }[];
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[];
  readonly securityContext: Readonly<Record<string, unknown>>;
  readonly [probe: `${string}Probe`]: { readonly httpGet?: { readonly path: string; readonly port: string } };
}

/** As far as this test looks. */
interface Manifest {
  readonly kind: string;
  // biome-ignore lint/suspicious/noExplicitAny: manifests of every kind.
  readonly [key: string]: any;
}

const folder = join(packageRoot, "deploy/kubernetes");
const kustomization = parse(readFileSync(join(folder, "kustomization.yaml"), "utf8")) as Manifest;
const manifests = (kustomization.resources as string[]).flatMap((name) =>
  parseAllDocuments(readFileSync(join(folder, name), "utf8")).map((document) => document.toJS() as Manifest),
);
const one = (kind: string): Manifest => manifests.find((manifest) => manifest.kind === kind)!;
const pod = one("Deployment").spec.template;
const containers: readonly Container[] = [...pod.spec.initContainers, ...pod.spec.containers];
const config = loadConfig(join(folder, "tollgate.yaml"), {
  TOLLGATE_ADMIN_TOKEN: "a-token-of-this-test",
  OPENAI_API_KEY: "a-key-of-this-test",
});

describe("deploy/kubernetes", () => {
  it("has every file that it names, and names every file that it has", () => {
    const named = [
      ...kustomization.resources,
      ...kustomization.configMapGenerator[0].files,
      "kustomization.yaml",
    ];
    assert.deepEqual(readdirSync(folder).sort(), named.sort());
    assert.ok(named.every((name: string) => existsSync(join(folder, name))));
  });

  it("ships a config that Tollgate takes", () => {
    assert.equal(config.kind, "snapshot", JSON.stringify(config));
  });

  it("selects its own pods, by Deployment, Service and budget", () => {
    const { labels } = pod.metadata;
    assert.deepEqual(one("Deployment").spec.selector.matchLabels, labels);
    assert.deepEqual(one("Service").spec.selector, labels);
    assert.deepEqual(one("PodDisruptionBudget").spec.selector.matchLabels, labels);
  });

  it("mounts volumes that are there, and points ports and probes at what listens", () => {
    const volumes = pod.spec.volumes.map(({ name }: { name: string }) => name);
    const ports = containers.flatMap((container) => container.ports ?? []);
    for (const { volumeMounts } of containers)
      for (const { name } of volumeMounts) assert.ok(volumes.includes(name), name);
    for (const { targetPort } of one("Service").spec.ports)
      assert.ok(
        ports.some(({ name }) => name === targetPort),
        targetPort,
      );
    const tollgate = containers.find(({ name }) => name === "tollgate")!;
    for (const [probe, path] of [
      ["startupProbe", "/readyz"],
      ["readinessProbe", "/readyz"],
      ["livenessProbe", "/livez"],
    ] as const)
      assert.deepEqual(tollgate[probe]?.httpGet, { path, port: "health" });
    assert.ok(config.kind === "snapshot");
    const { listen, admin } = config.snapshot;
    assert.deepEqual(
      ports.map(({ containerPort }) => containerPort),
      [listen.address.port, admin.address.port, admin.healthAddress?.port],
    );
  });

  it("starts Envoy before Tollgate and ends it after, with more time than streams have", () => {
    const envoy = pod.spec.initContainers.at(-1);
    assert.deepEqual([envoy.name, envoy.restartPolicy], ["envoy", "Always"]);
    assert.ok(config.kind === "snapshot");
    assert.ok(pod.spec.terminationGracePeriodSeconds * 1000 > config.snapshot.server.drainMs);
  });

  it("runs nothing as root, and writes into volumes alone", () => {
    assert.equal(pod.spec.securityContext.runAsNonRoot, true);
    for (const { securityContext } of containers) {
      assert.equal(securityContext.readOnlyRootFilesystem, true);
      assert.equal(securityContext.allowPrivilegeEscalation, false);
      assert.deepEqual(securityContext.capabilities, { drop: ["ALL"] });
    }
  });

  it("has each container read what the one before wrote", () => {
    const args = Object.fromEntries(
      containers.map((container) => [container.name, container.args.join(" ")]),
    );
    assert.match(
      args.files ?? "",
      /--output=\/run\/tollgate .*--admin-socket=\/run\/tollgate\/xds\/admin\.sock/,
    );
    assert.match(args.envoy ?? "", /-c \/run\/tollgate\/xds\/bootstrap\.json/);
    assert.match(args.tollgate ?? "", /--envoy-files=\/run\/tollgate\/xds/);
  });
});
