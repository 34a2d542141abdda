import { GatewayError } from "../../core/errors.ts";
import { chain } from "../../core/maybe-promise.ts";
import type { Claim, Refused } from "../../ledger/ledger.ts";
import { refusal } from "../../policy/refusal.ts";
import type { StreamCounter, TokenCounter } from "../../tokens/counters/counter.ts";
import { claimsOf } from "../admit/claiming.ts";
import { clampPlan } from "../admit/planning.ts";
import { planBesideFailed } from "../attempt/billed.ts";
import type { PassingHold } from "../state/answer-parts.ts";
import type { Attempt } from "../state/attempt.ts";
import type { Forwarded } from "../state/exchange.ts";
import { holdFacts } from "../state/hold-facts.ts";

/** No tokenizer makes more tokens of a UTF-16 unit, which has at most three bytes. */
const tokensPerCharMax = 3;
/** Largest expected difference between a provider's count of an answer and ours. */
const slackTokens = 16;
/** A hold grows by a quarter of what was counted, and this, so that a long answer asks seldom. */
const growthTokensMin = 256;

/**
 * Keeps the hold of a streamed answer ahead of its output. A provider that heeds the cap never gets here; when the output passes what is
 * held, the hold is topped up, and where a budget has no room for that the stream has to end, unless that budget lets it finish.
 */
export class HoldWatch implements PassingHold {
  readonly #forwarded: Forwarded;
  readonly #attempt: Attempt;
  readonly #output: StreamCounter;
  readonly #tokensPerChar: number;
  #coveredTokens: number;
  #chars = 0;
  #checkAtChars: number;
  #growing = false;
  #refused: GatewayError | undefined;
  /** Rules without room that let the stream finish: they hold what they held, and are charged all of it. */
  readonly #lenient = new Set<string>();

  constructor(forwarded: Forwarded, attempt: Attempt, counter: TokenCounter, output: StreamCounter) {
    const { outputCap, choices } = forwarded.plan;
    this.#forwarded = forwarded;
    this.#attempt = attempt;
    this.#output = output;
    this.#tokensPerChar = tokensPerCharMax * counter.factor * counter.correction.factor;
    this.#coveredTokens = Math.ceil(outputCap * choices * counter.safetyFactor) + slackTokens;
    this.#checkAtChars = this.#coveredTokens / this.#tokensPerChar;
  }

  /** Notes that so much more of the answer has passed. */
  passed(chars: number): void {
    this.#chars += chars;
  }

  /** The reason to end the stream. Undefined while everything passed is covered, or soon will be. */
  check(): GatewayError | undefined {
    // A long piece may still be under way when the wait for it is over.
    if (this.#forwarded.exchange.closing.settled) return undefined;
    if (this.#refused !== undefined || this.#growing || this.#chars < this.#checkAtChars)
      return this.#refused;
    const tokens = this.#output.total();
    if (tokens > this.#coveredTokens) this.#grow(Math.ceil(tokens * 1.25) + growthTokensMin);
    // Counting costs: before this many characters more, the output cannot pass what is covered.
    this.#checkAtChars = this.#chars + (this.#coveredTokens - tokens) / this.#tokensPerChar;
    return this.#refused;
  }

  #grow(tokens: number): void {
    const forwarded = this.#forwarded;
    const { admitted, exchange, plan } = forwarded;
    const longer = clampPlan({ ...plan, targets: [this.#attempt.target] }, Math.ceil(tokens / plan.choices));
    const grownPlan = planBesideFailed(forwarded, longer, longer.targets);
    const { hold } = grownPlan;
    try {
      const claims = claimsOf(admitted, grownPlan).map((claim) => this.#bound(claim));
      const about = () => holdFacts(exchange, grownPlan);
      this.#growing = true;
      exchange.closing.began();
      const grown = chain(exchange.services.ledger.adjust(exchange.id, claims, about), (result) => {
        this.#ended();
        if (result.kind === "refused") {
          this.#outgrown(result, tokens);
          return;
        }
        forwarded.claims = claims;
        if (this.#lenient.size === 0) forwarded.plan = { ...plan, hold };
        this.#coveredTokens = tokens;
      });
      if (grown instanceof Promise) grown.catch((error) => this.#fail(error));
    } catch (error) {
      this.#fail(error);
    }
  }

  /** A rule has no room for more: it says what comes of that. */
  #outgrown(refused: Refused, tokens: number): void {
    const { services, snapshot } = this.#forwarded.exchange;
    const { name } = refused.account;
    if (snapshot.policies.find((policy) => policy.name === name)?.overrun === "finish") {
      services.observer.observed([refused.account]);
      this.#lenient.add(name);
      this.#grow(tokens);
      return;
    }
    services.observer.limited(refused.account);
    this.#refused = refusal(refused, services.clock.nowMs());
  }

  /** A claim of a rule that has no more room stays what it was. */
  #bound(claim: Claim): Claim {
    if (!this.#lenient.has(claim.account.name)) return claim;
    const held = this.#forwarded.claims.find(({ account }) => account.id === claim.account.id);
    return { ...claim, amount: held?.amount ?? 0n };
  }

  /** A stream that cannot be held must not go on. */
  #fail(error: unknown): void {
    this.#ended();
    const { exchange } = this.#forwarded;
    if (!(error instanceof GatewayError)) exchange.services.observer.bug(error, exchange.id);
    this.#refused = GatewayError.from(error);
  }

  #ended(): void {
    if (!this.#growing) return;
    this.#growing = false;
    this.#forwarded.exchange.closing.ended();
  }
}
