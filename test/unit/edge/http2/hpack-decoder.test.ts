import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { HpackDecoder } from "../../../../src/edge/http2/hpack-decoder.ts";
import type { HeaderField } from "../../../../src/edge/http2/hpack-table.ts";

function decode(decoder: HpackDecoder, hex: string): string[] | undefined {
  const block = Buffer.from(hex.replaceAll(" ", ""), "hex");
  const fields: string[] = [];
  const sink = {
    wantsMore: true,
    add: ({ name, value }: HeaderField) => void fields.push(`${name}: ${value}`),
  };
  return decoder.decode(block, 0, block.length, sink) ? fields : undefined;
}

describe("HpackDecoder", () => {
  // RFC 7541, appendix C.2.
  const single: [string, string, string[]][] = [
    [
      "a literal with indexing",
      "400a637573746f6d2d6b65790d637573746f6d2d686561646572",
      ["custom-key: custom-header"],
    ],
    ["a literal without indexing", "040c2f73616d706c652f70617468", [":path: /sample/path"]],
    ["a literal never indexed", "100870617373776f726406736563726574", ["password: secret"]],
    ["an indexed field", "82", [":method: GET"]],
  ];
  for (const [what, hex, fields] of single)
    it(`decodes ${what}`, () => assert.deepEqual(decode(new HpackDecoder(), hex), fields));

  // Appendix C.3 and C.4: the same three requests over one table, without and with Huffman code.
  const requests = [
    [":method: GET", ":scheme: http", ":path: /", ":authority: www.example.com"],
    [":method: GET", ":scheme: http", ":path: /", ":authority: www.example.com", "cache-control: no-cache"],
    [
      ":method: GET",
      ":scheme: https",
      ":path: /index.html",
      ":authority: www.example.com",
      "custom-key: custom-value",
    ],
  ];
  const plain = [
    "828684410f7777772e6578616d706c652e636f6d",
    "828684be58086e6f2d6361636865",
    "828785bf400a637573746f6d2d6b65790c637573746f6d2d76616c7565",
  ];
  const huffman = [
    "828684418cf1e3c2e5f23a6ba0ab90f4ff",
    "828684be5886a8eb10649cbf",
    "828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf",
  ];
  for (const [coding, blocks] of Object.entries({ plain, huffman }))
    it(`decodes a sequence of requests, strings ${coding}`, () => {
      const decoder = new HpackDecoder();
      assert.deepEqual(
        blocks.map((block) => decode(decoder, block)),
        requests,
      );
    });

  // Appendix C.5 and C.6: responses that evict, with a table of 256 bytes.
  const date = "Mon, 21 Oct 2013 20:13:21 GMT";
  const location = "location: https://www.example.com";
  const responses = [
    [":status: 302", "cache-control: private", `date: ${date}`, location],
    [":status: 307", "cache-control: private", `date: ${date}`, location],
    [
      ":status: 200",
      "cache-control: private",
      "date: Mon, 21 Oct 2013 20:13:22 GMT",
      location,
      "content-encoding: gzip",
      "set-cookie: foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1",
    ],
  ];
  const plainResponses = [
    "4803333032580770726976617465611d4d6f6e2c203231204f637420323031332032303a31333a323120474d546e1768747470733a2f2f7777772e6578616d706c652e636f6d",
    "4803333037c1c0bf",
    "88c1611d4d6f6e2c203231204f637420323031332032303a31333a323220474d54c05a04677a69707738666f6f3d4153444a4b48514b425a584f5157454f50495541585157454f49553b206d61782d6167653d333630303b2076657273696f6e3d31",
  ];
  const huffmanResponses = [
    "488264025885aec3771a4b6196d07abe941054d444a8200595040b8166e082a62d1bff6e919d29ad171863c78f0b97c8e9ae82ae43d3",
    "4883640effc1c0bf",
    "88c16196d07abe941054d444a8200595040b8166e084a62d1bffc05a839bd9ab77ad94e7821dd7f2e6c7b335dfdfcd5b3960d5af27087f3672c1ab270fb5291f9587316065c003ed4ee5b1063d5007",
  ];
  for (const [coding, blocks] of Object.entries({ plain: plainResponses, huffman: huffmanResponses }))
    it(`evicts as the table of 256 bytes fills, strings ${coding}`, () => {
      const decoder = new HpackDecoder();
      assert.deepEqual(decode(decoder, "3fe101"), []);
      assert.deepEqual(
        blocks.map((block) => decode(decoder, block)),
        responses,
      );
    });

  it("forgets everything when the table is sized to nothing, and grows again", () => {
    const decoder = new HpackDecoder();
    decode(decoder, plain[0]!);
    assert.deepEqual(decode(decoder, "20 3fe11f 82"), [":method: GET"]);
    assert.equal(decode(decoder, "be"), undefined);
  });

  it("keeps the newest 4,096 bytes of fields", () => {
    const decoder = new HpackDecoder();
    // 128 fields of 32 + 1 + 1 bytes: 120 fit.
    for (let index = 0; index < 128; index++)
      decode(decoder, `400161 01${(index + 64).toString(16).padStart(2, "0")}`);
    assert.deepEqual(decode(decoder, "be"), [`a: ${String.fromCharCode(191)}`]);
    assert.deepEqual(decode(decoder, "ff36"), [`a: ${String.fromCharCode(72)}`]);
    assert.equal(decode(decoder, "ff37"), undefined);
  });

  it("follows the table through blocks whose fields nobody wants", () => {
    const decoder = new HpackDecoder();
    const unwanted = { wantsMore: false, add: () => assert.fail("made a field") };
    const block = Buffer.from(`${plain[0]}040c2f73616d706c652f70617468${plain[1]}`, "hex");
    assert.ok(decoder.decode(block, 0, block.length, unwanted));
    assert.deepEqual(decode(decoder, plain[2]!), requests[2]);
  });

  const broken: [string, string][] = [
    ["index 0", "80"],
    ["an index beyond both tables", "be"],
    ["an index cut in its middle", "ff80"],
    ["an endless integer", "ffffffffffffffffffff01"],
    ["a name cut short", "400a6375"],
    ["a missing value", "400161"],
    ["a literal whose name index does not exist", "7e0161"],
    ["a size update beyond what we allow", "3fe21f"],
    ["a size update after a field", "8220"],
    ["Huffman padding of a whole byte", "00 0161 82 1fff"],
    ["Huffman padding of zeros", "00 0161 81 18"],
    ["Huffman end-of-string", "00 0161 84 ffffffff"],
  ];
  for (const [what, hex] of broken)
    it(`refuses ${what}`, () => assert.equal(decode(new HpackDecoder(), hex), undefined));
});
