/** A check of one answer's text that may take long, by what a client or a config asks for. */
export type CheckOrder =
  /** Only whether the schema can be read. */
  | { readonly kind: "read"; readonly schema: string }
  /** Whether the text is JSON. */
  | { readonly kind: "json"; readonly codeFence: boolean; readonly text: string }
  | {
      readonly kind: "schema";
      /** The schema's JSON. */
      readonly schema: string;
      readonly codeFence: boolean;
      readonly text: string;
    }
  | {
      readonly kind: "pattern";
      readonly source: string;
      readonly ignoreCase: boolean;
      readonly text: string;
    };

/** A worker's verdict on a text. `unreadable`: the schema is not a JSON Schema. */
export type CheckAnswer = "passes" | "fails" | "unreadable";
