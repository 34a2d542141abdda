import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Contract } from "../../../src/contract/contract.ts";
import { createContractReader } from "../../../src/contract/contract-reader.ts";
import { contractSection } from "../../../src/contract/contract-section.ts";
import { GatewayError } from "../../../src/core/errors.ts";
import { headersOf } from "../../../src/core/headers.ts";

const exampleSection = {
  workflow: { default: "default", from: ["header", "contract", "body:metadata.workflow"] },
  environment: { values: ["dev", "prod"], default: "prod", from: ["identity"] },
};

describe("ContractReader.read()", () => {
  it("takes all eight fields from the body's contract", () => {
    const sent = {
      tenant_id: "acme",
      user_id: "user-456",
      workflow: "support_summary",
      sensitivity: "internal",
      latency_class: "interactive",
      budget_class: "standard",
      retrieval_required: "true",
      trace_id: "req-789",
    };
    const fields = Object.fromEntries(
      Object.entries(sent).map(([name, value]) => [`contract.${name}`, value]),
    );
    assert.deepEqual([...read({ fields, userId: "user-456" }).values], Object.entries(sent));
  });

  it("takes fields from x-tollgate headers before the body", () => {
    const contract = read({
      headers: { "x-tollgate-latency-class": "batch" },
      fields: { "contract.latency_class": "interactive" },
    });
    assert.equal(contract.field("latency_class"), "batch");
  });

  for (const name of ["x-tollgate-workflw", "x-tollgate-tenant", "x-tollgate-", "x-tollgate-no-fallbacks"])
    it(`refuses ${name}, which is no header of ours, and names those that are`, () =>
      assert.throws(
        () => read({ headers: { [name]: "summarize" } }),
        (error) =>
          error instanceof GatewayError &&
          error.status === 400 &&
          error.param === name &&
          /x-tollgate-workflow/.test(error.message),
      ));

  it("lets the headers of our own answers come back", () =>
    assert.doesNotThrow(() =>
      read({ headers: { "x-tollgate-exchange-id": "1", "x-tollgate-no-fallback": "true" } }),
    ));

  it("takes an empty value for none", () => {
    assert.equal(read({ headers: { "x-tollgate-workflow": "" } }).field("workflow"), "default");
  });

  it("fills in defaults, and leaves out what has none", () => {
    const contract = read({});
    assert.deepEqual(Object.fromEntries(contract.values), {
      tenant_id: "acme",
      workflow: "default",
      sensitivity: "internal",
      latency_class: "standard",
      budget_class: "standard",
      retrieval_required: "false",
    });
    assert.equal(contract.field("user_id"), undefined);
  });

  it("follows the config's own sources", () => {
    const contract = read({ section: exampleSection, fields: { "metadata.workflow": "triage" } });
    assert.equal(contract.field("workflow"), "triage");
  });

  it("takes a field with `from: [identity]` from the credential alone", () => {
    const contract = read({
      section: exampleSection,
      headers: { "x-tollgate-environment": "prod" },
      fields: { "contract.environment": "prod" },
      own: { environment: "dev" },
    });
    assert.equal(contract.field("environment"), "dev");
  });

  it("shows the principal's team and app beside the contract, not in it", () => {
    const contract = read({ team: "support" });
    assert.equal(contract.field("team"), "support");
    assert.equal(contract.values.has("team"), false);
  });

  it("takes a user that the client names under a credential without one for a label, never an identity", () => {
    for (const claim of [
      { fields: { "contract.user_id": "alice" } },
      { headers: { "x-tollgate-user-id": "alice" } },
    ]) {
      const contract = read(claim);
      assert.equal(contract.clientUser, "alice");
      assert.equal(contract.field("user_id"), undefined);
      assert.equal(contract.field("client_user"), undefined);
      assert.ok(![...contract.values.values()].includes("alice"));
    }
  });

  it("has no label where the credential has a user", () => {
    const contract = read({ userId: "me", headers: { "x-tollgate-user-id": "me" } });
    assert.equal(contract.clientUser, undefined);
    assert.equal(contract.field("user_id"), "me");
  });

  it("never repeats a client's value in a refusal", () => {
    const { message } = failure(() => read({ fields: { "contract.sensitivity": "canary" } }));
    assert.ok(!message.includes("canary"));
  });
});

describe("ContractReader.read() refuses", () => {
  const invalid: readonly [title: string, input: Input, message: RegExp][] = [
    [
      "an unknown value",
      { fields: { "contract.latency_class": "fast" } },
      /^latency_class must be one of interactive, standard, batch$/,
    ],
    [
      "a boolean that is none",
      { fields: { "contract.retrieval_required": "yes" } },
      /^retrieval_required must be one of true, false$/,
    ],
    [
      "an endless value",
      { headers: { "x-tollgate-workflow": "x".repeat(257) } },
      /^workflow must be at most 256 characters/,
    ],
    ["control characters", { fields: { "contract.workflow": "a\nb" } }, /^workflow must be/],
    ["what parts an account's id", { fields: { "contract.workflow": "a|b" } }, /^workflow must be/],
    [
      "a field that the contract does not have",
      { fields: { "contract.worflow": "a" } },
      /its fields are tenant_id, user_id, workflow/,
    ],
    ["a contract that is no object", { fields: { contract: "a" } }, /must be an object/],
    ["an endless user", { fields: { "contract.user_id": "x".repeat(257) } }, /^user_id must be at most/],
    ["a user that parts an account's id", { fields: { "contract.user_id": "a|b" } }, /^user_id must be/],
    ["an endless trace id", { fields: { "contract.trace_id": "x".repeat(257) } }, /^trace_id/],
  ];
  for (const [title, input, message] of invalid)
    it(title, () => {
      const error = failure(() => read(input));
      assert.equal(error.code, "invalid_contract");
      assert.match(error.message, message);
    });

  const forbidden: readonly [title: string, input: Input, param: string][] = [
    ["another tenant in the body", { fields: { "contract.tenant_id": "other" } }, "tenant_id"],
    [
      "another tenant in a header before the right one in the body",
      { headers: { "x-tollgate-tenant-id": "other" }, fields: { "contract.tenant_id": "acme" } },
      "tenant_id",
    ],
    [
      "another tenant in the body behind the right one in a header",
      { headers: { "x-tollgate-tenant-id": "acme" }, fields: { "contract.tenant_id": "other" } },
      "tenant_id",
    ],
    ["another user", { userId: "me", fields: { "contract.user_id": "you" } }, "user_id"],
    [
      "two users where the credential has none",
      { headers: { "x-tollgate-user-id": "me" }, fields: { "contract.user_id": "you" } },
      "user_id",
    ],
  ];
  for (const [title, input, param] of forbidden)
    it(title, () => {
      const error = failure(() => read(input));
      assert.equal(error.code, "forbidden");
      assert.equal(error.param, param);
    });
});

describe("trace_id", () => {
  const traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  const requestId = "client-1";

  it("is the contract's before traceparent's before the request id", () => {
    const fields = { "contract.trace_id": "mine" };
    assert.equal(traceIdOf({ fields, headers: { traceparent }, requestId }), "mine");
    assert.equal(traceIdOf({ headers: { traceparent }, requestId }), "4bf92f3577b34da6a3ce929d0e0e4736");
    assert.equal(traceIdOf({ requestId }), "client-1");
    assert.equal(traceIdOf({}), undefined);
  });

  it("passes over a broken traceparent and an unfit request id", () => {
    const zeros = `00-${"0".repeat(32)}-00f067aa0ba902b7-01`;
    for (const broken of ["00-zz-00-01", zeros, "x".repeat(10_000)])
      assert.equal(traceIdOf({ headers: { traceparent: broken }, requestId: "x".repeat(257) }), undefined);
  });
});

describe("ContractReader", () => {
  it("lists the headers that carry the contract, so that none reaches a provider", () => {
    const { headerNames } = reader(exampleSection);
    const expected = ["tenant-id", "retrieval-required", "trace-id", "environment"];
    for (const name of expected) assert.ok(headerNames.includes(`x-tollgate-${name}`), name);
  });

  it("knows what rules may name", () => {
    const names = reader(exampleSection).fieldNames;
    for (const name of ["tenant_id", "team", "app", "workflow", "environment"])
      assert.ok(names.has(name), name);
    assert.ok(!names.has("roles"));
  });

  it("tells a credential's fields that the contract does not take from it", () => {
    const checking = reader(exampleSection);
    assert.equal(checking.identityProblem("environment", "dev"), undefined);
    assert.match(checking.identityProblem("environment", "test") ?? "", /must be one of dev, prod/);
    assert.match(checking.identityProblem("workflow", "triage") ?? "", /does not take workflow/);
    assert.match(checking.identityProblem("expire", "2027") ?? "", /neither/);
  });
});

describe("contractSection refuses", () => {
  const refused: readonly [title: string, section: unknown, message: RegExp][] = [
    ["a default that is no value", { tier: { values: ["a"], default: "b" } }, /must be one of a/],
    ["values for a boolean", { flag: { type: "boolean", values: ["true"] } }, /leave `values` out/],
    ["text as a boolean's default", { flag: { type: "boolean", default: "yes" } }, /must be true or false/],
    ["fields of the credential", { tenant_id: {} }, /comes from the credential/],
    ["fields of the request", { model: {} }, /the request's own/],
    ["the key of a record's checksum", { crc: {} }, /crc is the checksum of each usage record/],
    ["a source nobody reads", { tier: { from: ["body:messages.0"] } }, /must be header, contract, identity/],
    ["names with capitals", { Tier: {} }, /lower-case/],
  ];
  for (const [title, section, message] of refused)
    it(title, () => assert.match(contractSection.safeParse(section).error?.message ?? "", message));
});

interface Input {
  readonly section?: Record<string, unknown>;
  readonly headers?: Record<string, string>;
  readonly fields?: Record<string, string>;
  readonly userId?: string;
  readonly team?: string;
  readonly own?: Record<string, string>;
  readonly requestId?: string;
}

function reader(section: Record<string, unknown> = {}) {
  return createContractReader(contractSection.parse(section));
}

function read({ section, headers = {}, fields = {}, userId, team, own = {}, requestId }: Input): Contract {
  return reader(section).read({
    headers: headersOf(headers),
    fields: new Map(Object.entries(fields)),
    principal: {
      tenantId: "acme",
      userId,
      team,
      app: undefined,
      roles: [],
      keyName: "key",
      fields: new Map(Object.entries(own)),
    },
    requestId,
  });
}

function traceIdOf(input: Input): string | undefined {
  return read(input).field("trace_id");
}

function failure(run: () => unknown): GatewayError {
  try {
    run();
  } catch (error) {
    assert.ok(error instanceof GatewayError, String(error));
    return error;
  }
  assert.fail("nothing was refused");
}
