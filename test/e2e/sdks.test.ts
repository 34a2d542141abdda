import { describe } from "node:test";
import { aiPackageTests } from "./sdk/ai.ts";
import { anthropicSdkTests } from "./sdk/anthropic.ts";
import { bedrockSdkTests } from "./sdk/bedrock.ts";
import { cohereTests } from "./sdk/cohere.ts";
import { geminiSdkTests } from "./sdk/gemini.ts";
import { openaiSdkTests } from "./sdk/openai.ts";

// Each has a stack of its own, and most of its time passes waiting for an SDK's next try.
describe("official SDKs", { concurrency: 3 }, () => {
  aiPackageTests();
  geminiSdkTests();
  openaiSdkTests();
  anthropicSdkTests();
  bedrockSdkTests();
  cohereTests();
});
