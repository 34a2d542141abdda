/** The model by whose vocabulary text is counted before its own model is known: the most widely used one. */
export const neutralModel = "gpt-4o";
/** The provider type of {@link neutralModel}. */
export const neutralProvider = "openai";
