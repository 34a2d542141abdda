import type { ByteRuns } from "../../core/byte-runs.ts";
import { GatewayError } from "../../core/errors.ts";
import type { Usage } from "../../usage/usage.ts";
import { ChoiceDraft } from "../choice-draft.ts";
import type { AnswerContext, EventEncoder } from "../codec.ts";
import type { ModelEvent } from "../model-event.ts";
import type { AnswerPart } from "../model-request.ts";
import { openaiErrorBody } from "../openai-error.ts";
import { WholeEncoder } from "../whole-encoder.ts";
import {
  encodeItem,
  encodeOutput,
  encodeResponse,
  encodeWholeResponse,
  type ItemStart,
  itemId,
  ownTool,
  type ResponseStatus,
  statusOf,
} from "./encode-answer.ts";
import { customInput } from "./own-tools.ts";

/** Most characters of one answer: the last event repeats all that came before it. */
const answerCharsMax = 32 * 1024 * 1024;

/** The writer of a Responses answer, streamed or whole. */
export function encodeResponsesAnswer(context: AnswerContext): EventEncoder {
  if (context.facts.stream) return new ResponsesEncoder(context);
  return new WholeEncoder(context, (answer) => encodeWholeResponse(answer, context));
}

/** Writes a Responses stream (https://developers.openai.com/api/reference/resources/responses): items one after the other, each told as it begins, grows and ends; the last event has all of it. */
class ResponsesEncoder implements EventEncoder {
  readonly #context: AnswerContext;
  readonly #draft = new ChoiceDraft();
  #model: string;
  #usage: Usage | undefined;
  #sequence = 0;
  #chars = 0;
  /** Items that have ended; the index of the open one, if there is one. */
  #items = 0;
  #open: { readonly start: ItemStart; readonly call: number; begun: boolean } | undefined;

  constructor(context: AnswerContext) {
    this.#context = context;
    this.#model = context.model;
  }

  encode(event: ModelEvent, out: ByteRuns): void {
    switch (event.type) {
      case "start":
        this.#model = event.model ?? this.#model;
        this.#write("response.created", { response: this.#response("in_progress") }, out);
        this.#write("response.in_progress", { response: this.#response("in_progress") }, out);
        return;
      case "text":
        this.#text(event.text, out);
        this.#draft.add(event);
        return;
      case "reasoning":
        this.#thought(event.text, out);
        this.#draft.add(event);
        return;
      case "signature":
        this.#enter("reasoning", 0, { type: "reasoning", text: "" }, out);
        this.#draft.add(event);
        this.#leave(out);
        return;
      case "redacted":
        this.#leave(out);
        this.#enter("redacted", 0, { type: "redacted", data: event.data }, out);
        this.#draft.add(event);
        this.#leave(out);
        return;
      case "tool_call": {
        const { id, name, signature } = event;
        this.#enter("tool_call", event.call, { type: "tool_call", id, name, arguments: "", signature }, out);
        this.#draft.add(event);
        return;
      }
      case "arguments":
        this.#arguments(event, out);
        this.#draft.add(event);
        return;
      case "image":
        return;
      case "finish":
        this.#leave(out);
        this.#draft.add(event);
        return;
      case "usage":
        this.#usage = event.usage;
        return;
      case "end":
        this.#end(out);
        return;
    }
  }

  breakOff(error: GatewayError): Buffer {
    const { error: object } = openaiErrorBody(error);
    const { code, message, param } = object;
    const event = { type: "error", code, message, param, sequence_number: this.#sequence, error: object };
    return Buffer.from(`event: error\ndata: ${JSON.stringify(event)}\n\n`);
  }

  #arguments({ call, fragment }: ModelEvent & { type: "arguments" }, out: ByteRuns): void {
    if (this.#open?.start.type !== "tool_call" || this.#open.call !== call)
      throw new GatewayError("upstream_invalid", "the provider's tool calls are interleaved");
    // The input of a custom tool is a text within the JSON: it is told once that is whole.
    if (ownTool(this.#open.start.name, this.#context)?.kind === "custom") this.#grow(fragment);
    else this.#delta("response.function_call_arguments.delta", fragment, {}, out);
  }

  #text(text: string, out: ByteRuns): void {
    const fresh = this.#enter("text", 0, { type: "text", text: "" }, out);
    const part = { type: "output_text", text: "", annotations: [], logprobs: [] };
    if (fresh) this.#write("response.content_part.added", { ...this.#place(), content_index: 0, part }, out);
    this.#delta("response.output_text.delta", text, { content_index: 0, logprobs: [] }, out);
  }

  #thought(text: string, out: ByteRuns): void {
    const fresh = this.#enter("reasoning", 0, { type: "reasoning", text: "" }, out);
    if (fresh || this.#open?.begun === false) {
      const part = { type: "summary_text", text: "" };
      const place = { ...this.#place(), summary_index: 0 };
      this.#write("response.reasoning_summary_part.added", { ...place, part }, out);
      if (this.#open !== undefined) this.#open.begun = true;
    }
    this.#delta("response.reasoning_summary_text.delta", text, { summary_index: 0 }, out);
  }

  /** Opens an item unless just this one is open; whether it did. */
  #enter(type: AnswerPart["type"], call: number, part: AnswerPart, out: ByteRuns): boolean {
    if (this.#open?.start.type === type && this.#open.call === call) return false;
    this.#leave(out);
    this.#open = { start: part, call, begun: false };
    // A call's name is known from the start; its arguments are not.
    const item = encodeItem(part, this.#items, "in_progress", this.#context);
    const empty = type === "text" ? { ...item, content: [] } : item;
    this.#write("response.output_item.added", { output_index: this.#items, item: empty }, out);
    return true;
  }

  #leave(out: ByteRuns): void {
    const open = this.#open;
    if (open === undefined) return;
    const part = this.#draft.part(this.#items);
    if (part !== undefined) this.#done(part, open.begun, out);
    this.#open = undefined;
    this.#items += 1;
  }

  #done(part: AnswerPart, begun: boolean, out: ByteRuns): void {
    const place = this.#place();
    if (part.type === "text") {
      const { text } = part;
      const whole = { type: "output_text", text, annotations: [], logprobs: [] };
      this.#write("response.output_text.done", { ...place, content_index: 0, text, logprobs: [] }, out);
      this.#write("response.content_part.done", { ...place, content_index: 0, part: whole }, out);
    } else if (part.type === "tool_call" && ownTool(part.name, this.#context)?.kind === "custom") {
      const input = customInput(part.arguments);
      this.#write("response.custom_tool_call_input.delta", { ...place, delta: input }, out);
      this.#write("response.custom_tool_call_input.done", { ...place, input }, out);
    } else if (part.type === "tool_call") {
      const name = ownTool(part.name, this.#context)?.name ?? part.name;
      const { arguments: written } = part;
      this.#write("response.function_call_arguments.done", { ...place, name, arguments: written }, out);
    } else if (part.type === "reasoning" && begun) {
      const whole = { type: "summary_text", text: part.text };
      const at = { ...place, summary_index: 0 };
      this.#write("response.reasoning_summary_text.done", { ...at, text: part.text }, out);
      this.#write("response.reasoning_summary_part.done", { ...at, part: whole }, out);
    }
    const item = encodeItem(part, this.#items, "completed", this.#context);
    this.#write("response.output_item.done", { output_index: this.#items, item }, out);
  }

  #delta(type: string, delta: string, members: object, out: ByteRuns): void {
    this.#grow(delta);
    this.#write(type, { ...this.#place(), ...members, delta }, out);
  }

  #grow(delta: string): void {
    this.#chars += delta.length;
    if (this.#chars > answerCharsMax)
      throw new GatewayError("upstream_invalid", "the provider's answer is too large");
  }

  #end(out: ByteRuns): void {
    this.#leave(out);
    const status = statusOf(this.#draft.done().finish);
    this.#write(`response.${status}`, { response: this.#response(status) }, out);
  }

  #response(status: ResponseStatus): object {
    const choice = this.#draft.done();
    const output = status === "in_progress" ? [] : encodeOutput(choice, this.#context);
    const answer = { model: this.#model, usage: this.#usage };
    return encodeResponse(answer, status, output, choice.finish, this.#context);
  }

  /** Where the open item stands. */
  #place(): { readonly item_id: string; readonly output_index: number } {
    const start = this.#open?.start ?? { type: "text" };
    return { item_id: itemId(start, this.#items, this.#context), output_index: this.#items };
  }

  #write(type: string, members: object, out: ByteRuns): void {
    const event = { type, sequence_number: this.#sequence, ...members };
    this.#sequence += 1;
    out.add(Buffer.from(`event: ${type}\ndata: ${JSON.stringify(event)}\n\n`));
  }
}
