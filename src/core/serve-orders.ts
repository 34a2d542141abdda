import { constants, getPriority, platform, setPriority } from "node:os";
import { parentPort, type TransferListItem } from "node:worker_threads";
import { GatewayError } from "./errors.ts";
import { type OrderResult, plainError } from "./worker-pool.ts";

/** Added to the process's own: a third of the loop's share where CPU is short: with less, other programs on a busy machine would keep large bodies from being read in time. */
const niceness = 5;

const lowestPriority = constants.priority.PRIORITY_LOW;

/** An answer, and what of it goes to the other thread without being copied. */
export interface Served<Answer> {
  readonly answer: Answer;
  readonly transfer?: readonly TransferListItem[];
}

/** Does one order after another in a worker of a `WorkerPool`. A GatewayError is an answer, too; anything else thrown is a bug. */
export function serveOrders<Order, Answer>(work: (order: Order) => Served<Answer>): void {
  const port = parentPort;
  if (port === null) throw new Error("this module runs in a worker");
  // On Linux a priority is a thread's own: the event loop, which all wait for, goes first where CPU is short.
  if (platform() === "linux") setPriority(Math.min(getPriority() + niceness, lowestPriority));
  port.on("message", (order: Order) => {
    const { result, transfer } = attempt(work, order);
    port.postMessage(result, transfer);
  });
}

function attempt<Order, Answer>(
  work: (order: Order) => Served<Answer>,
  order: Order,
): { readonly result: OrderResult<Answer>; readonly transfer: readonly TransferListItem[] } {
  try {
    const { answer, transfer = [] } = work(order);
    return { result: { kind: "done", answer }, transfer };
  } catch (error) {
    if (error instanceof GatewayError)
      return { result: { kind: "refused", error: plainError(error) }, transfer: [] };
    const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { result: { kind: "bug", stack }, transfer: [] };
  }
}
