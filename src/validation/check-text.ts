import { createHash } from "node:crypto";
import { OrderFailed, WorkerPool } from "../core/worker-pool.ts";
import type { CheckAnswer, CheckOrder } from "./check-order.ts";
import type { Finding } from "./rule.ts";

/** Two, of which a tenant alone has one: a schema or pattern made to take long keeps no other tenant's answers waiting. */
const workersMax = 2;
const waitingMax = 1_024;
/** Longest check. */
const checkMs = 2_000;
const heapMb = 256;
/** Checks remembered because they took too long. */
const slowMax = 1_024;

const slow = new Set<string>();
let pool: WorkerPool<CheckOrder, CheckAnswer> | undefined;

/** Checks a text by a schema or pattern in another thread: neither can hold the event loop, whatever a client or an answer makes of it. */
export async function checkText(tenantId: string, order: CheckOrder): Promise<Finding> {
  const key = digestOf(order);
  // A check that took too long once would do so again.
  if (slow.has(key)) return "slow";
  pool ??= new WorkerPool({
    program: new URL(`./check-worker${import.meta.url.slice(-3)}`, import.meta.url),
    workersMax,
    waitingMax,
    orderMs: checkMs,
    heapMb,
  });
  try {
    return await pool.do(tenantId, order);
  } catch (error) {
    if (!(error instanceof OrderFailed)) throw error;
    if (error.failure !== "no-room") remember(key);
    return "slow";
  }
}

/** A schema that takes too long does so for other texts, too; a pattern may not. */
function digestOf(order: CheckOrder): string {
  return createHash("sha256")
    .update(`${order.kind}/${slowPartOf(order)}`)
    .digest("base64");
}

function slowPartOf(order: CheckOrder): string {
  switch (order.kind) {
    case "json":
      return order.text;
    case "pattern":
      return `${order.ignoreCase}/${order.source}/${order.text}`;
    case "read":
    case "schema":
      return order.schema;
  }
}

function remember(key: string): void {
  slow.add(key);
  if (slow.size <= slowMax) return;
  const [first] = slow;
  if (first !== undefined) slow.delete(first);
}
