import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { GatewayError } from "../../../src/core/errors.ts";
import type { ResponseTransform } from "../../../src/dialect/dialect.ts";
import type { ReadAnswer } from "../../../src/dialect/offload/order.ts";
import { ResponseState } from "../../../src/dialect/response-state.ts";
import { TranslatedWhole } from "../../../src/dialect/translated-whole.ts";
import { WholeResponse, wholeAnswerBytesMax } from "../../../src/dialect/whole-response.ts";
import { LargeAnswer } from "../../../src/exchange/answer/large-answer.ts";

const pieceBytes = 8_388_608;
const piece = Buffer.alloc(pieceBytes, " ");

function passing(read: () => Promise<ReadAnswer> = () => Promise.reject(new Error("nobody reads it"))) {
  const inner = new WholeResponse(new ResponseState(() => {}), () => {});
  return new LargeAnswer(inner, {
    passes: true,
    mayStream: false,
    onText: () => {},
    onLarge: () => {},
    read,
  });
}

async function pushed(answer: LargeAnswer, bytes: number): Promise<number> {
  let passedBytes = 0;
  for (let left = bytes; left > 0; left -= pieceBytes) {
    const next = piece.subarray(0, Math.min(left, pieceBytes));
    passedBytes += (await answer.push(next, left <= pieceBytes)).length;
  }
  return passedBytes;
}

describe("a whole answer above the most that is read", () => {
  for (const [what, bytes] of [
    ["by one byte", wholeAnswerBytesMax + 1],
    ["by several pieces", wholeAnswerBytesMax + 3 * pieceBytes],
  ] as const)
    it(`passes whole and unread, ${what}`, async () => {
      const answer = passing();
      assert.equal(await pushed(answer, bytes), bytes);
      const { complete, unread, unreadable, error } = answer.seen;
      assert.deepEqual({ complete, unread, unreadable, error }, { ...unreadAndWhole, error: undefined });
    });

  it("is an error where it has to be translated", async () => {
    const seen = new ResponseState(() => {});
    const inner: ResponseTransform = tooLargeFor(seen);
    const answer = new LargeAnswer(inner, {
      passes: false,
      mayStream: false,
      onText: () => {},
      onLarge: () => {},
      read: never,
    });
    await pushed(answer, wholeAnswerBytesMax + 1);
    assert.equal(answer.seen.unreadable, true);
    assert.equal(answer.seen.error?.code, "response_too_large");
  });
});

describe("a large whole answer that no worker could read in time", () => {
  const busy = () => Promise.reject(new GatewayError("capacity", "could not be read in time"));

  it("passes unread, as it was made and is there", async () => {
    const answer = passing(busy);
    assert.equal(await pushed(answer, 3 * pieceBytes), 3 * pieceBytes);
    const { complete, unread, unreadable, error } = answer.seen;
    assert.deepEqual({ complete, unread, unreadable, error }, { ...unreadAndWhole, error: undefined });
  });

  it("is 503 where it has to be translated", async () => {
    const inner = tooLargeFor(new ResponseState(() => {}));
    const answer = new LargeAnswer(inner, {
      passes: false,
      mayStream: false,
      onText: () => {},
      onLarge: () => {},
      read: busy,
    });
    await pushed(answer, 3 * pieceBytes);
    assert.deepEqual([answer.seen.unreadable, answer.seen.error?.status], [true, 503]);
  });
});

const unreadAndWhole = { complete: true, unread: true, unreadable: false };
const never = () => Promise.reject(new Error("nobody reads it"));

function tooLargeFor(seen: ResponseState): ResponseTransform {
  const decoder = { event: () => {}, done: () => {}, close: () => {}, whole: () => {} };
  return new TranslatedWhole(seen, () => decoder, { encode: () => {}, breakOff: () => Buffer.alloc(0) });
}
