import type { JsonScan } from "../core/json-scan.ts";
import type { Operation, RequestFacts } from "./dialect.ts";
import { TextSpans } from "./text-spans.ts";

/** The facts of a request while its bytes are read; a dialect fills in what its format has. */
export class RequestDraft {
  readonly scan: JsonScan;
  readonly text: TextSpans = new TextSpans();
  readonly fields: Map<string, string> = new Map();
  model = "";
  stream = false;
  choices = 1;
  outputCap: number | undefined;
  overheadTokens = 0;
  messages = 0;
  tools = 0;
  images = 0;
  wantsUsage = false;

  constructor(scan: JsonScan) {
    this.scan = scan;
  }

  /** Keeps the largest of several output caps: a format may name more than one field for it. */
  capOutput(tokens: number | undefined): void {
    if (tokens !== undefined && tokens > (this.outputCap ?? -1)) this.outputCap = tokens;
  }

  /** The finished facts; what the path says about model and stream goes before what the body says. */
  facts(operation: Operation, marks: unknown): RequestFacts {
    return {
      operation,
      model: operation.model ?? this.model,
      stream: operation.stream ?? this.stream,
      choices: this.choices,
      outputCap: this.outputCap,
      text: this.text.spans,
      overheadTokens: this.overheadTokens,
      messages: this.messages,
      tools: this.tools,
      images: this.images,
      fields: this.fields,
      wantsUsage: this.wantsUsage,
      marks,
    };
  }
}
