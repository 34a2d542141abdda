import { GatewayError } from "../core/errors.ts";
import { cutMark } from "../core/json-values.ts";
import type { Usage } from "../usage/usage.ts";
import type { OutputKind, ResponseContext, ResponseSeen } from "./dialect.ts";
import { stringifyExact } from "./exact-json.ts";
import { TextBlocked } from "./filter/text-stage.ts";
import type { TextTap } from "./filter/text-tap.ts";
import type { JsonObject } from "./json-view.ts";
import type { LostOutput } from "./lost-output.ts";
import type { OddEventKind } from "./odd-event.ts";
import { compareWithTotal } from "./usage-total.ts";

/** Longest finish reason kept: providers make up their own. */
const wordCharactersMax = 64;
/** Most answers of one response whose ends are told apart. */
const choicesMax = 128;

/** The facts of a response, while it is being read. */
export class ResponseState implements ResponseSeen {
  usage: Usage | undefined;
  usagePartial = false;
  model: string | undefined;
  finishReason: string | undefined;
  finishReasonRaw: string | undefined;
  readonly lost = new Set<LostOutput>();
  lengthStop = false;
  content = false;
  complete = false;
  error: GatewayError | undefined;
  unread = false;
  unreadable = false;
  /** The format's own end mark has come: what follows is no part of the answer. */
  ended = false;
  readonly oddEvents = new Map<OddEventKind, number>();
  /** Answers that have begun and given no finish reason. */
  readonly #open = new Set<number>();
  blocked = false;
  /** Is told where the texts stand, where something has to change them. */
  readonly texts: TextTap | undefined;
  /** Answers that have called a tool of the client's. */
  readonly #called = new Set<number>();
  readonly #onText: ResponseContext["onText"];

  constructor(onText: ResponseContext["onText"], texts?: TextTap) {
    this.#onText = onText;
    this.texts = texts;
  }

  /** Notes billed output text, whatever its shape was checked to be: only non-empty strings count. */
  text(value: unknown, kind: OutputKind = "answer", choice = 0): void {
    if (typeof value !== "string" || value === "") return;
    this.content = true;
    if (this.#open.size < choicesMax) this.#open.add(choice);
    const cut = value.endsWith(cutMark);
    // The rest of it was not read: unless the provider says how much it is, the answer is charged at its hold.
    if (cut) this.unread = true;
    this.#onText(cut ? value.slice(0, -cutMark.length) : value, kind, choice);
  }

  /** Notes billed output text that stands in a member of an event; `part`: the block, call or field that it belongs to. */
  textIn(
    value: unknown,
    holder: JsonObject | undefined,
    key: string,
    kind: OutputKind = "answer",
    choice = 0,
    part: string | number = key,
  ): void {
    if (typeof value !== "string" || value === "") return;
    this.text(value, kind, choice);
    if (this.texts === undefined || holder === undefined) return;
    if (kind === "call") this.texts.piece(holder, key, { channel: "arguments", choice, part, form: "json" });
    else this.texts.piece(holder, key, { channel: kind, choice, part, form: "plain" });
  }

  /** The same of what a tool is called with in words of its own. */
  inputIn(
    value: unknown,
    holder: JsonObject | undefined,
    key: string,
    choice: number,
    part: string | number,
  ): void {
    if (typeof value !== "string" || value === "") return;
    this.text(value, "call", choice);
    if (holder !== undefined)
      this.texts?.piece(holder, key, { channel: "arguments", choice, part, form: "plain" });
  }

  /** The same of what a tool is called with, as JSON that is no string. */
  argumentsIn(holder: JsonObject | undefined, key: string, choice = 0): void {
    const value = holder?.[key];
    if (holder === undefined || value === undefined) return;
    this.text(stringifyExact(value), "call", choice);
    if (typeof value === "object" && value !== null)
      this.texts?.piece(holder, key, { channel: "arguments", choice, part: key, form: "json" });
  }

  /** Counts an event that is passed over. */
  odd(kind: OddEventKind): undefined {
    this.oddEvents.set(kind, (this.oddEvents.get(kind) ?? 0) + 1);
  }

  /** Notes that one of the answers calls a tool of the client's. */
  called(choice = 0): void {
    if (this.#called.size < choicesMax) this.#called.add(choice);
  }

  /**
   * Notes why one of the answers ended, unified, and in the provider's own word. An answer that called tools ended for that, whatever its provider
   * says, and one that did not has not.
   */
  finish(reason: string, choice = 0, raw: string = reason): void {
    this.#open.delete(choice);
    const called = this.#called.has(choice);
    const meant = reason === "stop" && called ? "tool_calls" : reason;
    this.finishReason = (meant === "tool_calls" && !called ? "stop" : meant).slice(0, wordCharactersMax);
    this.finishReasonRaw = raw.slice(0, wordCharactersMax);
    if (reason === "length") this.lengthStop = true;
  }

  /** Notes that the answer cannot be read, and why. */
  giveUp(error: GatewayError): void {
    this.complete = false;
    this.unreadable = true;
    this.blocked = error instanceof TextBlocked;
    this.error ??= error;
  }

  /** The stream's bytes ended: when every answer gave its finish reason, it is complete without its format's own end. */
  closed(): void {
    const { finishReason, error } = this;
    if (finishReason !== undefined && this.#open.size === 0 && error === undefined) this.complete = true;
  }

  /** Throws `upstream_invalid` for a generated answer that ends well without content, finish reason and usage. */
  refuseEmpty(): void {
    const { content, error, finishReason, usage } = this;
    if (content || error !== undefined || finishReason !== undefined || usage !== undefined) return;
    throw new GatewayError("upstream_invalid", "the provider's answer is empty");
  }

  /** Takes over a usage that the provider sent, with the total beside it; later ones replace earlier ones. */
  bill(usage: Usage, total?: number): void {
    const compared = compareWithTotal(usage, total);
    const { inputTokens, outputTokens } = usage;
    this.usage = compared.usage;
    this.usagePartial = inputTokens === undefined || outputTokens === undefined || compared.isDoubtful;
  }
}
