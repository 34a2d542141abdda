import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { deflateSync } from "node:zlib";
import fc from "fast-check";
import { audioLengthOf, documentPagesOf, videoLengthOf } from "../../../src/tokens/media/media-length.ts";
import { newLookBudget } from "../../../src/tokens/media/pdf-pages.ts";

/** A body with base64 inside a string, and where it stands. */
function bodyWith(file: Buffer, head = ""): [body: Buffer, start: number, end: number] {
  const body = Buffer.from(`{"data":"${head}${file.toString("base64")}"}`);
  return [body, 9, body.length - 2];
}

/** A WAV of one second, or what says so: 16-bit samples in mono at 24 kHz. */
function wavOf({
  rate = 24_000,
  byteRate = 48_000,
  frame = 2,
  bits = 16,
  tag = 1,
  before = "",
} = {}): Buffer {
  const head = Buffer.alloc(44 + before.length);
  head.write(`RIFF....WAVE${before}fmt `, 0, "latin1");
  const at = 12 + before.length;
  head.writeUInt32LE(16, at + 4);
  head.writeUInt16LE(tag, at + 8);
  head.writeUInt16LE(1, at + 10);
  head.writeUInt32LE(rate, at + 12);
  head.writeUInt32LE(byteRate, at + 16);
  head.writeUInt16LE(frame, at + 20);
  head.writeUInt16LE(bits, at + 22);
  head.write("data", at + 24, "latin1");
  return Buffer.concat([head, Buffer.alloc(48_000)]);
}

/** The longest that a prompt may have (Gemini's audio guide). */
const longestSeconds = 34_200;

/** An MP3 of frames at these bit rates, in kbit/s, of MPEG-2 layer III at 24 kHz: 24 ms each. Before it may stand an ID3 tag of so many bytes. */
function mp3Of(rates: readonly Mp3Rate[], tagBytes?: number): { file: Buffer; seconds: number } {
  const frames = rates.map((rate) => {
    const frame = Buffer.alloc(Math.floor((rate * 72) / 24));
    frame.writeUInt32BE(0xfff3_0400 + mp3Rates.indexOf(rate) * 0x1000);
    return frame;
  });
  const tag =
    tagBytes === undefined
      ? []
      : [
          Buffer.from([0x49, 0x44, 0x33, 4, 0, 0, 0, 0, tagBytes >> 7, tagBytes & 0x7f]),
          Buffer.alloc(tagBytes),
        ];
  return { file: Buffer.concat([...tag, ...frames]), seconds: rates.length * 0.024 };
}
const mp3Rates = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160] as const;
type Mp3Rate = (typeof mp3Rates)[number];

describe("audioLengthOf()", () => {
  const seconds = (file: Buffer, format = "wav", head = "") =>
    audioLengthOf(...bodyWith(file, head), format).seconds;
  const secondsMax = (file: Buffer, format: string) => audioLengthOf(...bodyWith(file), format).secondsMax;

  it("takes no MP3 to be shorter than its frames are, whatever its first one says", () =>
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(...mp3Rates.slice(1)), { minLength: 8, maxLength: 60 }),
        fc.option(fc.nat(2_000), { nil: undefined }),
        (rates, tagBytes) => {
          const { file, seconds: played } = mp3Of([160, ...rates], tagBytes);
          for (const name of ["mp3", "audio/mpeg", "wav"]) assert.ok(secondsMax(file, name) >= played);
          assert.ok(secondsMax(file, "mp3") < longestSeconds);
        },
      ),
      { numRuns: 100 },
    ));

  it("takes no WAV to be shorter than its samples are, whatever looks like a head beside its own", () =>
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 192_000 }),
        fc.integer({ min: 1, max: 2 }),
        fc.constantFrom("JUNK", "LIST", "fmt "),
        fc.nat(0xffff_ffff),
        (rate, frame, id, lie) => {
          const decoy = wavOf({ rate: 192_000, byteRate: 0xffff_ffff, frame: 0xffff, bits: 0xffff }).subarray(
            12,
            36,
          );
          const chunk = Buffer.concat([Buffer.from(id), Buffer.from([24, 0, 0, 0]), decoy]);
          const wav = wavOf({
            rate,
            byteRate: lie,
            frame,
            bits: frame * 8,
            before: chunk.toString("latin1"),
          });
          assert.ok(secondsMax(wav, "wav") >= Math.min(longestSeconds, 48_000 / (rate * frame)));
        },
      ),
      { numRuns: 200 },
    ));

  it("takes sound that may be silence at next to no bytes to be as long as any", () => {
    const others = [
      "OggS",
      "fLaC",
      "#!AMR",
      "FORM",
      "ID3\x04\0\0\0\0\0\0fLaC",
      "\xff\xf1\x50",
      "\xff\xfb\x00",
      "????",
    ];
    for (const head of others)
      assert.equal(
        secondsMax(Buffer.concat([Buffer.from(head, "latin1"), Buffer.alloc(2_000)]), "mp3"),
        longestSeconds,
        head,
      );
    assert.equal(secondsMax(wavOf({ tag: 0x55 }), "wav"), longestSeconds);
  });

  it("takes samples without a head to be no denser than 8 bits at 8 kHz", () =>
    assert.ok(secondsMax(Buffer.alloc(16_000), "pcm16") >= 2));

  it("goes by the samples that a WAV says it has, wherever it says so", () => {
    for (const wav of [wavOf(), wavOf({ tag: 0xfffe }), wavOf({ before: "JUNK\x04\0\0\0...." })])
      assert.ok(Math.abs(seconds(wav) - 1) < 0.01);
    assert.ok(Math.abs(seconds(wavOf(), "wav", "data:audio/wav;base64,") - 1) < 0.01);
  });

  const lies: readonly (readonly [title: string, wav: Buffer])[] = [
    ["a byte rate too high", wavOf({ byteRate: 0xffffffff })],
    ["frames too large", wavOf({ frame: 0xffff })],
    ["samples too large", wavOf({ bits: 0xffff })],
    ["samples that are compressed", wavOf({ tag: 0x55 })],
    ["no format", Buffer.concat([Buffer.from("RIFF....WAVE"), Buffer.alloc(48_000)])],
  ];
  for (const [title, wav] of lies)
    it(`takes a WAV with ${title} to be no shorter`, () => assert.ok(seconds(wav) >= 0.99));

  it("takes sound for what its first bytes say, not its name", () => {
    for (const head of ["ID3", "OggS", "\xff\xfb", "\0\0\0\x20ftypM4A "])
      for (const name of ["wav", "pcm16"])
        assert.ok(
          seconds(Buffer.concat([Buffer.from(head, "latin1"), Buffer.alloc(8_000)]), name) >= 2,
          head,
        );
  });

  it("takes other formats to be long rather than short", () => {
    assert.ok(seconds(Buffer.alloc(8_000), "audio/mpeg") >= 2);
    assert.ok(seconds(Buffer.alloc(8_000), "unheard-of") >= 4);
  });

  it("has a length for whatever bytes there are", () =>
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 64 }),
        fc.constantFrom("", "RIFF", "RIFF....WAVEfmt "),
        (bytes, head) => {
          const file = Buffer.concat([Buffer.from(head), bytes, Buffer.alloc(768_000)]);
          assert.ok(seconds(file) >= 1);
        },
      ),
      { numRuns: 200 },
    ));
});

describe("videoLengthOf()", () => {
  it("grows with the film, and is at most what a prompt may have", () => {
    assert.ok(videoLengthOf(0, 1_000_000).seconds > 20);
    assert.deepEqual([videoLengthOf(0, 100).secondsMax, videoLengthOf(0, 0).secondsMax], [longestSeconds, 0]);
  });
});

describe("documentPagesOf()", () => {
  it("takes the time that a compressed stream may cost from the budget, also where it is larger than that", () => {
    const bomb = deflateSync(Buffer.alloc(4_000_000, "/Type /Page "));
    const [body, start, end] = bodyWith(
      Buffer.concat([
        Buffer.from(`%PDF-1.5 9 0 obj << /Type /ObjStm /N 40 /First 0 /Length ${bomb.length} >> stream\n`),
        bomb,
        Buffer.from("\nendstream"),
      ]),
    );
    const budget = newLookBudget();
    documentPagesOf(body, start, end, budget);
    assert.ok(budget.inflatedBytes <= 0, String(budget.inflatedBytes));
  });

  const page = "1 0 obj << /Type /Page /Parent 2 0 R >> endobj ";
  const pages = "2 0 obj << /Type/Pages /Count 3 >> endobj 3 0 obj << /PageLayout /OneColumn >> endobj ";
  const tail = "x".repeat(3_000);

  it("counts the pages that a PDF shows", () => {
    const pdf = Buffer.from(`%PDF-1.4 ${pages}${page.repeat(3)}${tail}`);
    assert.equal(documentPagesOf(...bodyWith(pdf)), 3);
    assert.equal(documentPagesOf(...bodyWith(pdf, "data:application/pdf;base64,")), 3);
  });

  it("counts the pages that stand in compressed objects", () => {
    const objects = deflateSync(page.repeat(40));
    const pdf = Buffer.concat([
      Buffer.from(`%PDF-1.5 9 0 obj << /Type /ObjStm /N 40 /First 0 /Length ${objects.length} >> stream\n`),
      objects,
      Buffer.from("\nendstream endobj"),
    ]);
    assert.equal(documentPagesOf(...bodyWith(pdf)), 40);
  });

  it("counts what a page tree lists or claims", () => {
    const listed = `%PDF-1.4 2 0 obj << /Type /Pages /Kids [${"3 0 R ".repeat(50)}] >> endobj`;
    assert.equal(documentPagesOf(...bodyWith(Buffer.from(listed))), 50);
    const claimed = "%PDF-1.4 2 0 obj << /Type /Pages /Kids [3 0 R 3 0 R] /Count 64 >> endobj";
    assert.equal(documentPagesOf(...bodyWith(Buffer.from(claimed))), 64);
  });

  const image = (length: number, says = length) =>
    `8 0 obj << /Subtype /Image /Width 9 /Length ${says} >> stream\n${"y".repeat(length)}\nendstream endobj `;

  it("takes a scan for its pages and not for its size", () => {
    const pdf = Buffer.from(`%PDF-1.4 ${`${page}${image(100_000)}`.repeat(30)}`);
    assert.equal(documentPagesOf(...bodyWith(pdf)), 30);
  });

  const hidden = (bytes: number) => Math.floor(bytes / 4_096);
  const lies: readonly (readonly [title: string, pdf: string])[] = [
    ["a page in a comment", `%PDF-1.7\n% /Type /Page \n${"x".repeat(1_000_000)}`],
    ["images that end elsewhere", `%PDF-1.7 ${page}${image(1_000_000, 900_000)}`],
    [
      "images without an end",
      `%PDF-1.7 ${page}8 0 obj << /Subtype /Image /Width 9 /Length 9 >> stream\n${"y".repeat(1_000_000)}`,
    ],
    [
      "compressed objects that call themselves an image",
      `%PDF-1.7 ${page}8 0 obj << /Type /ObjStm /Subtype /Image /Width 9 /Length 1000000 >> stream\n${"y".repeat(1_000_000)}\nendstream`,
    ],
    [
      "names that are escaped",
      `%PDF-1.7 ${page}8 0 obj << /Type /Obj#53tm /Subtype /Image /Width 9 /Length 1000000 >> stream\n${"y".repeat(1_000_000)}\nendstream`,
    ],
    ["something before its head", `junk %PDF-1.7 /Type /Page ${"x".repeat(1_000_000)}`],
  ];
  for (const [title, pdf] of lies)
    it(`takes a PDF with ${title} by its size`, () =>
      assert.ok(documentPagesOf(...bodyWith(Buffer.from(pdf))) >= hidden(1_000_000)));

  it("never takes fewer pages than what is no image has room for", () =>
    fc.assert(
      fc.property(
        fc.array(
          fc.constantFrom(
            page,
            pages,
            image(5_000),
            "stream\n",
            "endstream ",
            "% /Type /Page\n",
            tail,
            "/Kids [",
            ">>",
          ),
        ),
        (parts) => {
          const text = `%PDF-1.7 ${parts.join("")}`;
          const images = parts.filter((part) => part.startsWith("8 0 obj")).length * 5_000;
          assert.ok(documentPagesOf(...bodyWith(Buffer.from(text))) >= hidden(text.length - images));
        },
      ),
      { numRuns: 300 },
    ));

  it("takes what shows none by its size, however large it is", () => {
    assert.equal(documentPagesOf(...bodyWith(Buffer.from(`%PDF-1.7 ${"x".repeat(40_000)}`))), 10);
    assert.ok(documentPagesOf(...bodyWith(Buffer.alloc(100))) >= 1);
    assert.ok(documentPagesOf(Buffer.alloc(0), 0, 1e12) <= 10_000);
  });

  it("looks at no more of all documents than its budget", () => {
    const budget = newLookBudget();
    const [body, start, end] = bodyWith(
      Buffer.from(`%PDF-1.7 ${page.repeat(20)}${">>stream\n".repeat(400_000)}`),
    );
    const first = documentPagesOf(body, start, end, budget);
    assert.ok(budget.decodedBytes <= 0);
    assert.ok(first >= hidden(3_600_000));
    assert.ok(documentPagesOf(body, start, end, budget) >= hidden(3_600_000));
  });
});
