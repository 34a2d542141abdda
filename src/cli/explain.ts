import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { systemCode } from "../config/read-file.ts";
import type { Snapshot } from "../config/snapshot.ts";
import { systemClock } from "../core/clock.ts";
import { headersOf } from "../core/headers.ts";
import { dialects } from "../dialect/index.ts";
import { Offload } from "../dialect/offload/offload.ts";
import { explain } from "../exchange/explaining.ts";
import { type Opened, open } from "../exchange/open/opening.ts";
import type { Exchange } from "../exchange/state/exchange.ts";
import { Intake } from "../exchange/state/intake.ts";
import { Originals } from "../exchange/state/originals.ts";
import { Registry } from "../exchange/state/registry.ts";
import type { Services } from "../exchange/state/services.ts";
import { CredentialFailures } from "../identity/credential-failures.ts";
import { createMemoryLedger } from "../ledger/memory.ts";
import { Health } from "../route/health.ts";
import { Overrides } from "../route/overrides.ts";
import { Quality } from "../route/quality.ts";
import { Calibration } from "../tokens/calibration/calibration.ts";
import { calibratedCounterOf } from "../tokens/models/families.ts";
import { explanationOf, formatExplanation } from "./explanation.ts";
import { type AccountReader, accountReader } from "./live-accounts.ts";
import { loadSnapshot } from "./load-snapshot.ts";
import { CommandFailure, type Terminal } from "./terminal.ts";

/** What `tollgate explain` is asked for. */
export interface ExplainOptions {
  /** A request body; `-`: standard input. */
  readonly request: string;
  /** `name: value`, as curl has them. */
  readonly header: readonly string[];
  readonly key?: string | undefined;
  readonly path: string;
  readonly admin?: string | undefined;
  readonly json?: boolean | undefined;
}

/** `tollgate explain`: shows how a request would be handled, and why. Nothing is held and nothing leaves. */
export async function explainRequest(
  terminal: Terminal,
  file: string,
  options: ExplainOptions,
): Promise<void> {
  const snapshot = loadSnapshot(
    terminal,
    resolve(terminal.cwd, file),
    options.admin === undefined ? [] : ["admin"],
  );
  const body = await bodyOf(terminal, options.request);
  const accounts = await accountReader(snapshot, options.admin);
  const opened = await openDry(snapshot, options, accounts);
  if (opened.kind === "reply")
    throw new CommandFailure(`refused ${opened.reply.status}: ${opened.reply.body}`);
  const { exchange } = opened;
  const explanation = explanationOf(exchange, await explain(exchange, body, accounts.read), accounts.live);
  terminal.out(
    options.json === true ? JSON.stringify(explanation, undefined, 2) : formatExplanation(explanation),
  );
}

/** Opens an exchange that nobody will ever close: everything it works with is its own. */
async function openDry(
  snapshot: Snapshot,
  options: ExplainOptions,
  live: Pick<AccountReader, "overrides" | "retryBudget">,
): Promise<Opened> {
  const headers: Record<string, string> = { "content-type": "application/json" };
  if (options.key !== undefined) headers.authorization = `Bearer ${options.key}`;
  for (const line of options.header) {
    const [, name, value] = /^([^:\s]+):\s*(.*)$/.exec(line) ?? [];
    if (name === undefined) throw new CommandFailure(`"${line}" is not a header: write NAME: VALUE`, 2);
    headers[name.toLowerCase()] = value ?? "";
  }
  const head = { method: "POST", path: options.path, headers: headersOf(headers), endOfStream: false };
  return open(dryServices(snapshot, live), snapshot, head);
}

function dryServices(
  snapshot: Snapshot,
  { overrides, retryBudget }: Pick<AccountReader, "overrides" | "retryBudget">,
): Services {
  const calibration = new Calibration();
  return {
    clock: systemClock,
    ledger: createMemoryLedger({ clock: systemClock }),
    dialects,
    counterOf: calibratedCounterOf(calibration),
    calibration,
    registry: new Registry(),
    originals: new Originals(2 * snapshot.listen.bodyLimitBytes),
    offload: new Offload(),
    intake: new Intake(4 * snapshot.listen.bodyLimitBytes),
    health: new Health(),
    quality: new Quality(),
    overrides: new Overrides(overrides),
    retryBudget,
    random: Math.random,
    record: async () => {},
    credentialFailures: new CredentialFailures(),
    observer: {
      turnedAway: () => {},
      guessing: () => {},
      ended: () => {},
      limited: () => {},
      observed: () => {},
      retriesWithheld: () => {},
      settled: () => {},
      checked: () => {},
      unanswered: () => {},
      oddEvents: () => {},
      unknownExchange: () => {},
      bug: (error) => {
        throw error;
      },
    },
    settle: (_exchange: Exchange) => {},
    isReady: () => true,
  };
}

async function bodyOf(terminal: Terminal, file: string): Promise<Buffer> {
  try {
    if (file !== "-") return await readFile(resolve(terminal.cwd, file));
    const pieces: Uint8Array[] = [];
    for await (const piece of terminal.input) pieces.push(piece);
    return Buffer.concat(pieces);
  } catch (error) {
    throw new CommandFailure(`the request ${file} cannot be read (${systemCode(error)})`);
  }
}
