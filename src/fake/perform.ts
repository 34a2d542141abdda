import { unreachable } from "../core/errors.ts";
import type { Answer, BilledUsage, Frame } from "./answer.ts";
import type { Faults } from "./faults.ts";
import { Outlet } from "./outlet.ts";
import { type Step, script } from "./script.ts";
import type { Wire } from "./wire.ts";

/** Progress of an answer, reported as it happens. */
export interface Performance {
  status: number | null;
  outputTokensWritten: number;
  billed: BilledUsage | null;
}

/** Answers under faults, and tells `performance` what was written and billed. Never rejects for what the client does. */
export async function perform(
  answer: Answer,
  faults: Faults,
  wire: Wire,
  performance: Performance,
): Promise<void> {
  const outlet = new Outlet(wire, faults);
  let outcome: Outcome = "left";
  let held: Frame[] = [];
  for (const step of script(answer, faults)) {
    if (wire.over.aborted) break;
    if (step.kind === "write") {
      held.push(step.frame);
      if (!answer.streamed) continue;
    }
    if (held.length > 0) await outlet.write(held);
    held = [];
    performance.outputTokensWritten = outlet.writtenTokens;
    outcome = outcomeOf(step) ?? outcome;
    performance.billed = bill(answer, outcome, outlet.writtenTokens);
    await take(step, answer, outlet, wire, performance);
    performance.outputTokensWritten = outlet.writtenTokens;
    performance.billed = bill(answer, outcome, outlet.writtenTokens);
  }
}

/** The way in which an answer ended: complete, by a fault, or (until one of these is known) because the client left. */
type Outcome = "complete" | "faulted" | "left";

function outcomeOf(step: Step): Outcome | undefined {
  if (step.kind === "end") return step.complete ? "complete" : "faulted";
  return step.kind === "stall" || step.kind === "reset" ? "faulted" : undefined;
}

async function take(
  step: Step,
  answer: Answer,
  outlet: Outlet,
  wire: Wire,
  told: Performance,
): Promise<void> {
  switch (step.kind) {
    case "pause":
      await settle(outlet, wire);
      return wire.pause(step.ms);
    case "head":
      wire.head(answer.status, step.headers);
      told.status = answer.status;
      return;
    case "write":
      return;
    case "stall":
      await settle(outlet, wire);
      return wire.silence();
    case "reset":
      await outlet.flush();
      return wire.reset();
    case "end":
      await outlet.finish();
      return wire.end();
    default:
      return unreachable(step);
  }
}

/** Lets nothing wait while nothing more is written. */
async function settle(outlet: Outlet, wire: Wire): Promise<void> {
  wire.flushHead();
  await outlet.flush();
}

/**
 * The billed usage. A failure before the first content bills nothing. A stream that did not reach its end bills the input, hidden output, and what
 * was written. Otherwise all is billed, since a whole answer was generated whoever receives it.
 */
function bill(
  { usage, streamed, hiddenTokens = 0 }: Answer,
  outcome: Outcome,
  writtenTokens: number,
): BilledUsage | null {
  if (usage === undefined || (outcome === "faulted" && writtenTokens === 0)) return null;
  if (!streamed || outcome === "complete") return usage;
  return { ...usage, outputTokens: Math.min(usage.outputTokens, hiddenTokens + writtenTokens) };
}
