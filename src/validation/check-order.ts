/** A check of one answer's text that may take long, by what a client or a config asks for. */
export type CheckOrder =
  /** Only whether the schema can be read. */
  | { readonly kind: "read"; readonly schema: string }
  | {
      readonly kind: "schema";
      /** The schema's JSON. */
      readonly schema: string;
      readonly codeFence: boolean;
      readonly text: string;
    }
  | { readonly kind: "pattern"; readonly source: string; readonly flags: string; readonly text: string };

/** What a worker says of a text; `unreadable`: the schema is none. */
export type CheckAnswer = "passes" | "fails" | "unreadable";
