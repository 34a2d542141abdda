import { closeSync, writeSync } from "node:fs";
import { text } from "node:stream/consumers";
import type { UsageAnswer, UsageJob } from "./usage-job.ts";
import { doUsageJob } from "./usage-job.ts";

// What `ps` shows.
process.title = "tollgate: reports usage";

/** The input of a usage process, on standard input. */
export interface UsageOrder {
  readonly folder: string;
  readonly job: UsageJob;
}

/** The head of the answer, on descriptor 3 before the text goes to standard output. `bytes` shows whether the text is complete. */
export interface UsageHead extends Omit<UsageAnswer, "text"> {
  readonly bytes: number;
}

const headDescriptor = 3;

const { folder, job } = JSON.parse(await text(process.stdin)) as UsageOrder;
const answer = await doUsageJob(folder, job);
const head: UsageHead = {
  status: answer.status,
  contentType: answer.contentType,
  bytes: Buffer.byteLength(answer.text),
};
writeSync(headDescriptor, JSON.stringify(head));
closeSync(headDescriptor);
process.stdout.write(answer.text);
