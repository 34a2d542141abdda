import { GatewayError } from "../core/errors.ts";
import type { AnswerChoice } from "./model-answer.ts";
import type { ChoiceEvent, FinishReason } from "./model-event.ts";
import type { AnswerPart, ImagePart } from "./model-request.ts";

/** Most parts of one answer. */
const partsMax = 4096;

/** One answer's parts while they come; deltas of one kind that follow each other are one part. */
export class ChoiceDraft {
  readonly #parts: PartDraft[] = [];
  readonly #calls = new Map<number, PartDraft & { type: "tool_call" }>();
  #finish: FinishReason = "stop";
  #stopSequence: string | true | undefined;

  add(event: ChoiceEvent): void {
    const last = this.#parts.at(-1);
    switch (event.type) {
      case "text":
        if (last?.type === "text") last.pieces.push(event.text);
        else this.#push({ type: "text", pieces: [event.text] });
        return;
      case "reasoning":
        if (last?.type === "reasoning" && last.signature === undefined) last.pieces.push(event.text);
        else this.#push({ type: "reasoning", pieces: [event.text], signature: undefined });
        return;
      case "signature":
        if (last?.type === "reasoning") last.signature = (last.signature ?? "") + event.signature;
        else this.#push({ type: "reasoning", pieces: [], signature: event.signature });
        return;
      case "redacted":
        this.#push({ type: "redacted", data: event.data });
        return;
      case "image": {
        const { mediaType, data } = event;
        this.#push({ type: "image", source: { kind: "base64", mediaType, data } });
        return;
      }
      case "tool_call": {
        const { id, name, signature } = event;
        const call = { type: "tool_call" as const, id, name, signature, pieces: [] };
        this.#calls.set(event.call, call);
        this.#push(call);
        return;
      }
      case "arguments":
        this.#calls.get(event.call)?.pieces.push(event.fragment);
        return;
      case "finish":
        this.#finish = event.reason;
        this.#stopSequence = event.stopSequence;
        return;
    }
  }

  /** The part at a place, as far as it has come. */
  part(index: number): AnswerPart | undefined {
    const draft = this.#parts[index];
    return draft === undefined ? undefined : partOf(draft);
  }

  done(): AnswerChoice {
    return { parts: this.#parts.map(partOf), finish: this.#finish, stopSequence: this.#stopSequence };
  }

  #push(part: PartDraft): void {
    if (this.#parts.length === partsMax)
      throw new GatewayError("upstream_invalid", "the provider's answer has too many parts");
    this.#parts.push(part);
  }
}

type PartDraft =
  | { readonly type: "text"; readonly pieces: string[] }
  | { readonly type: "reasoning"; readonly pieces: string[]; signature: string | undefined }
  | { readonly type: "redacted"; readonly data: string }
  | ImagePart
  | {
      readonly type: "tool_call";
      readonly id: string;
      readonly name: string;
      readonly signature: string | undefined;
      readonly pieces: string[];
    };

function partOf(draft: PartDraft): AnswerPart {
  switch (draft.type) {
    case "text":
      return { type: "text", text: draft.pieces.join("") };
    case "reasoning":
      return { type: "reasoning", text: draft.pieces.join(""), signature: draft.signature };
    case "redacted":
    case "image":
      return draft;
    case "tool_call": {
      const { id, name, signature, pieces } = draft;
      return { type: "tool_call", id, name, arguments: pieces.join(""), signature };
    }
  }
}
