import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { AnswerCheck, type CheckResult } from "../../../src/validation/answer-check.ts";
import { compileValidation } from "../../../src/validation/validation.ts";
import { validationSection } from "../../../src/validation/validation-section.ts";
import { kindContext } from "../../support/core/kind-context.ts";

const whole = { finishReason: "stop", lengthStop: false };

async function begin(written: object, watched = false): Promise<AnswerCheck> {
  const validation = compileValidation(
    "m",
    validationSection.parse(written),
    refusing((why) => assert.fail(why)),
  );
  return new AnswerCheck(await validation.rulesFor(undefined, "acme"), watched);
}

async function check(written: object, text: string): Promise<CheckResult> {
  const answer = await begin(written);
  answer.push(text, "answer", 0);
  return answer.finish(whole);
}

/** How many characters of a text come before a rule gives up on it; undefined: none does before the end. */
async function lostAfter(written: object, text: string): Promise<number | undefined> {
  const answer = await begin(written, true);
  for (let at = 0; at < text.length; at += 1) {
    answer.push(text.charAt(at), "answer", 0);
    if (answer.lost !== undefined) return at + 1;
  }
  return undefined;
}

describe("labels", () => {
  const written = { labels: ["bug", "bug report", "feature"] };

  it("take one of them, with space around it", async () => {
    for (const text of ["bug", " feature\n", "bug report"])
      assert.equal((await check(written, text)).result, "passed");
    for (const text of ["", "Bug", "bug.", "bug feature", "bugs"])
      assert.equal((await check(written, text)).result, "failed", text);
  });

  it("are compared without regard to case where asked to", async () => {
    const folded = { labels: { of: ["Yes", "No"], ignoreCase: true } };
    for (const text of ["yes", "NO", " Yes "]) assert.equal((await check(folded, text)).result, "passed");
    assert.equal((await check(folded, "maybe")).result, "failed");
    assert.equal(await lostAfter(folded, "YES"), undefined);
  });

  it("give up on a text as soon as it can be none of them", async () => {
    assert.equal(await lostAfter(written, "  bug \n\n "), undefined);
    assert.equal(await lostAfter(written, "bug report"), undefined);
    assert.equal(await lostAfter(written, "bug x"), 5);
    assert.equal(await lostAfter(written, "Sure! It is a bug."), 1);
    assert.equal(await lostAfter(written, "feature  x"), 10);
  });
});

describe("maxCharacters and minCharacters", () => {
  it("bound a text's length", async () => {
    const written = { maxCharacters: 5, minCharacters: 2 };
    assert.deepEqual((await check(written, "abcde")).passed, ["maxCharacters", "minCharacters"]);
    assert.deepEqual((await check(written, "abcdef")).failed, ["maxCharacters"]);
    assert.deepEqual((await check(written, " a ")).failed, ["minCharacters"]);
  });

  it("give up on a text that is too long already", async () => {
    assert.equal(await lostAfter({ maxCharacters: 5 }, "abcdefgh"), 6);
    assert.equal(await lostAfter({ minCharacters: 5 }, "a"), undefined);
  });

  it("are of each answer by itself", async () => {
    const answer = await begin({ maxCharacters: 3 }, true);
    answer.push("abc", "answer", 0);
    answer.push("abc", "answer", 1);
    assert.equal(answer.lost, undefined);
    answer.push("d", "answer", 1);
    assert.equal(answer.lost, "maxCharacters");
    assert.deepEqual((await answer.finish(whole)).failed, ["maxCharacters"]);
  });
});

describe("pattern", () => {
  it("has to match, anywhere but where it says", async () => {
    assert.equal((await check({ pattern: "\\d+ EUR" }, "It costs 12 EUR.")).result, "passed");
    assert.equal((await check({ pattern: "^\\d+ EUR$" }, "It costs 12 EUR.")).result, "failed");
    assert.equal((await check({ pattern: "(?i)^yes" }, "YES, sir")).result, "passed");
    assert.equal((await check({ pattern: "^\\p{Lu}" }, "Ärger")).result, "passed");
  });

  it("is decided at once where an answer would make it backtrack", async () => {
    const result = await check({ pattern: "^(a+)+$" }, `${"a".repeat(60_000)}!`);
    assert.equal(result.result, "failed");
    assert.equal(result.bound, undefined);
  });

  it("is refused where it is no regular expression", async () => {
    const problems: string[] = [];
    compileValidation(
      "m",
      validationSection.parse({ pattern: "(" }),
      refusing((why) => problems.push(why)),
    );
    assert.match(problems.join(), /^pattern .*Unterminated group/);
  });
});

describe("language", () => {
  const texts: Readonly<Record<string, string>> = {
    en: "The river is wide at this point, and it was not easy for them to cross it with the cart.",
    de: "Der Fluss ist an dieser Stelle breit, und es war nicht leicht, ihn mit dem Wagen zu überqueren.",
    fr: "La rivière est large à cet endroit, et il ne leur fut pas facile de la traverser avec la charrette.",
    es: "El río es ancho en este punto, y no fue fácil para ellos cruzarlo con el carro que tenían.",
    it: "Il fiume è largo in questo punto, e non è stato facile per loro attraversarlo con il carro.",
    pt: "O rio é largo neste ponto, e não foi fácil para eles atravessar com a carroça que tinham.",
    nl: "De rivier is op dit punt breed en het was niet makkelijk om met de kar naar de overkant te komen.",
    pl: "Rzeka jest w tym miejscu szeroka i nie było im łatwo przejechać na drugi brzeg z wozem.",
    sv: "Floden är bred på den här platsen, och det var inte lätt för dem att ta sig över med vagnen.",
    tr: "Nehir bu noktada çok geniş ve arabayla karşıya geçmek onlar için hiç de kolay olmadı, ama bir yol buldular.",
    ru: "Река в этом месте широкая, и переправиться через неё на телеге было им нелегко, это заняло день.",
    uk: "Річка в цьому місці широка, і переправитися через неї возом їм було нелегко.",
    el: "Το ποτάμι είναι φαρδύ σε αυτό το σημείο και δεν ήταν εύκολο να το περάσουν.",
    ar: "النهر واسع في هذا المكان ولم يكن من السهل عليهم عبوره بالعربة",
    he: "הנהר רחב בנקודה הזאת ולא היה להם קל לחצות אותו עם העגלה",
    hi: "नदी इस जगह पर चौड़ी है और गाड़ी से पार करना उनके लिए आसान नहीं था",
    th: "แม่น้ำตรงนี้กว้างมากและไม่ง่ายที่จะข้ามด้วยเกวียน",
    zh: "河流在这里很宽,他们用马车过河并不容易,花了整整一天的时间才到达对岸。",
    ja: "川はこの場所で広く、荷車で渡るのは彼らにとって簡単ではありませんでした。",
    ko: "강은 이곳에서 넓어서 수레로 건너는 것이 그들에게 쉽지 않았다.",
  };

  it("tells each of the languages it knows from all others", async () => {
    for (const [own, text] of Object.entries(texts))
      for (const wanted of Object.keys(texts))
        assert.equal(
          (await check({ language: [wanted] }, text)).result,
          wanted === own ? "passed" : "failed",
          `${own} as ${wanted}`,
        );
  });

  it("lets pass what is in no clear language", async () => {
    for (const text of [
      "",
      "Ja.",
      "42",
      '{"mood":"good"}',
      "const a = b.map((c) => c.d);",
      "Lorem ipsum dolor sit amet",
    ])
      assert.equal((await check({ language: ["th"] }, text)).result, "passed", text);
  });

  it("takes any of several", async () => {
    assert.equal((await check({ language: ["de", "en"] }, texts.en ?? "")).result, "passed");
  });
});

describe("rules that look at text as it comes", () => {
  it("give up on what can be no JSON any more", async () => {
    assert.equal(await lostAfter({ json: true }, "Sure, here it is: {}"), 1);
    assert.equal(await lostAfter({ jsonSchema: { type: "object" } }, '{"a" 1}'), 6);
    assert.equal(await lostAfter({ json: true }, '```json\n{"a":1}\n```'), 1);
    assert.equal(await lostAfter({ json: true, codeFence: true }, '```json\n{"a":1}\n```'), undefined);
  });

  it("name the first that gave up, and no other, as what failed", async () => {
    const answer = await begin({ json: true, maxCharacters: 2, labels: ["x"] }, true);
    answer.push("no", "answer", 0);
    assert.deepEqual((await answer.finish(whole)).failed, ["json"]);
  });
});

function refusing(told: (why: string) => void) {
  return kindContext({ refuse: (key: string, why: string) => told(`${key} ${why}`) });
}
