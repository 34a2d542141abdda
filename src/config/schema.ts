import { z } from "zod";
import { conditionSection } from "../condition/condition-section.ts";
import { contractSection } from "../contract/contract-section.ts";
import { priceSection } from "../price/price-section.ts";
import { onlySection } from "../route/only.ts";
import { validationSection } from "../validation/validation-section.ts";
import { retriesSection } from "./retries-section.ts";
import {
  bearerToken,
  durationMs,
  edgeAddress,
  httpUrl,
  listenAddress,
  path,
  sizeBytes,
  tcpAddress,
} from "./scalars.ts";
import { timeoutsSection } from "./timeouts-section.ts";

const minBodyLimitBytes = 1_024;
const bodyLimitBytesMax = 1_073_741_824;
const attemptsMax = 10;

/** Defaults, in the words of the config file. */
export const defaults = {
  listen: { address: "127.0.0.1:8080", bodyLimit: "32MiB", healthPath: "/healthz" },
  server: { address: "unix:./run/tollgate.sock", workers: 1, drain: "10m" },
  admin: { address: "127.0.0.1:9090" },
  prices: ["builtin"],
  ledger: { type: "local", path: "./var/ledger" },
  usage: { log: "./var/usage" },
} as const;

const listen = z
  .strictObject({
    address: listenAddress.prefault(defaults.listen.address),
    bodyLimit: sizeBytes
      .refine((bytes) => bytes >= minBodyLimitBytes && bytes <= bodyLimitBytesMax, "must be 1KiB to 1GiB")
      .prefault(defaults.listen.bodyLimit),
    healthPath: z
      .string()
      .regex(/^\/[\w./-]{1,100}$/, "must be a path of letters, digits and . _ - /, e.g. /healthz")
      .default(defaults.listen.healthPath),
  })
  .prefault({});

const server = z
  .strictObject({
    address: edgeAddress.prefault(defaults.server.address),
    token: z
      .string()
      .min(16, "must be at least 16 characters")
      .regex(/^[\x21-\x7e]+$/, "must be printable ASCII without spaces or line ends")
      .optional()
      .describe("What Envoy sends so that Tollgate knows it; needed where `address` is not a Unix socket."),
    workers: z
      .literal(1, { error: "more than one worker is not available in this version" })
      .default(defaults.server.workers),
    drain: durationMs.prefault(defaults.server.drain),
  })
  .prefault({});

const admin = z
  .strictObject({
    address: tcpAddress.prefault(defaults.admin.address),
    healthAddress: tcpAddress.optional(),
    token: bearerToken.optional(),
  })
  .prefault({});

/** Keys that every backend may have besides those of its provider. */
export const backendCommon = z.strictObject({
  provider: z.string(),
  region: z.string().min(1).optional(),
  private: z.boolean().default(false),
  contextWindow: z
    .int()
    .min(1)
    .optional()
    .describe("Tokens of input and output together that its models take, where they are not known for it."),
  sensitivity: z.array(z.string().min(1)).min(1).optional(),
  price: priceSection.optional(),
  tls: z
    .strictObject({
      ca: path.optional(),
      cert: path.optional(),
      key: path.optional(),
      serverName: z.string().min(1).optional(),
    })
    .refine((tls) => Object.keys(tls).length > 0, "must have ca, serverName, or cert and key")
    .refine(
      (tls) => (tls.cert === undefined) === (tls.key === undefined),
      "must have cert and key, or neither",
    )
    .optional(),
});

/** A backend's name: an Envoy cluster's too. */
export const backendName = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/,
    "a backend's name is at most 63 letters, digits, . _ and -, the first a letter or digit",
  );

/** A model's name, or a pattern. */
export const modelName = z
  .string()
  .regex(/^([^*\s]+|([^*\s]+\/)?\*)$/, "a model's name has no spaces, and * only at its end, as in openai/*");

const targetText = z.string({ error: "must be backend/model" });
const candidate = z
  .union(
    [
      targetText,
      z.strictObject({
        to: targetText,
        weight: z.int().min(0).max(1_000_000).optional(),
        capacity: z.int().min(1).max(1_000_000).optional(),
      }),
    ],
    { error: "must be backend/model or { to: backend/model, weight: 1, capacity: 10 }" },
  )
  .transform((written) => (typeof written === "string" ? { to: written } : written));

const selections = ["ordered", "weighted", "sticky", "least-latency", "least-busy", "least-cost"] as const;

/** One entry of `models`. */
export const modelSection = z.strictObject({
  targets: z.array(candidate).min(1, "must name at least one target, backend/model"),
  fallback: z.array(targetText).default([]),
  select: z.enum(selections).default("ordered"),
  key: z.array(z.string().min(1)).min(1).optional(),
  failover: z.enum(["content", "status"]).optional(),
  validate: validationSection.optional(),
  attempts: z.int().min(1).max(attemptsMax).optional(),
  mixedEmbeddings: z.boolean().optional(),
  timeouts: timeoutsSection,
});

const ruleName = z
  .string()
  .regex(/^[\w.:-]{1,64}$/, "must be 1 to 64 letters, digits, or . _ : -")
  .optional();

/** One entry of `bounds`. */
export const boundSection = z.strictObject({
  name: ruleName,
  when: conditionSection.optional(),
  only: onlySection,
});

/** One entry of `routes`. */
export const routeSection = z
  .strictObject({
    name: ruleName,
    when: conditionSection.optional(),
    use: z.string().min(1).optional(),
    only: onlySection.optional(),
  })
  .refine(
    ({ use, only }) => use !== undefined || only !== undefined,
    "must say which model to use, what only may answer, or both",
  );

/** The sections that are one thing; where nothing is written, their defaults count. */
export const sections = {
  version: z.literal(1, { error: "must be 1, the version of this file format" }),
  listen,
  server,
  admin,
  contract: contractSection.default({}),
  prices: z
    .array(z.string().min(1))
    .min(1)
    .default([...defaults.prices]),
  retries: retriesSection,
  alerts: z
    .strictObject({
      webhook: z.strictObject({ url: httpUrl, secret: z.string().min(16).optional() }).optional(),
    })
    .prefault({}),
  usage: z
    .strictObject({ log: path.default(defaults.usage.log), sinks: z.array(z.unknown()).default([]) })
    .prefault({}),
};

/** A section of {@link sections}. */
export type SectionName = keyof typeof sections;
/** The sections, checked. */
export type Sections = { readonly [K in SectionName]: z.output<(typeof sections)[K]> };
/** The checked keys that every backend may have. */
export type BackendCommon = z.output<typeof backendCommon>;
/** One entry of `models`, checked. */
export type ModelSection = z.output<typeof modelSection>;
