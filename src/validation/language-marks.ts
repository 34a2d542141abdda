/** Languages that can be told, by their ISO 639-1 codes. */
export const languages = [
  ...["en", "de", "fr", "es", "it", "pt", "nl", "pl", "sv", "tr"],
  ...["ru", "uk", "el", "ar", "he", "hi", "th", "zh", "ja", "ko"],
] as const;
/** One of {@link languages}. */
export type Language = (typeof languages)[number];

/** Text is looked at so far. */
const charactersMax = 20_000;
/** Fewer letters than this say nothing. */
const lettersMin = 20;
/** A script tells a language where it has this share of the letters. */
const scriptShareMin = 0.5;
/**
 * Latin letters count as a language when at least this many of its commonest words occur, as this share of all words, and clearly more than of any
 * other language.
 */
const commonWordsMin = 3;
const commonShareMin = 0.12;
const leadMin = 1.5;

/**
 * The language a text is clearly in. Undefined if that is unclear or the language is unknown. Reliable for prose of a few sentences, and for little
 * else.
 */
export function languageOf(text: string): Language | undefined {
  const looked = text.slice(0, charactersMax).normalize("NFC").toLowerCase();
  const letters = looked.match(/\p{L}/gu)?.length ?? 0;
  if (letters < lettersMin) return undefined;
  for (const [script, of] of scripts) {
    const found = looked.match(script)?.length ?? 0;
    if (found / letters >= scriptShareMin) return of(looked);
  }
  const latin = looked.match(/\p{Script=Latin}/gu)?.length ?? 0;
  return latin / letters >= scriptShareMin ? byWords(looked) : undefined;
}

/** Kana is of Japanese alone, so a text of Han with some of it is no Chinese. */
const scripts: readonly (readonly [RegExp, (text: string) => Language | undefined])[] = [
  [/[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/gu, (text) => (hasKana(text) ? "ja" : "zh")],
  [/\p{Script=Hangul}/gu, () => "ko"],
  [/\p{Script=Cyrillic}/gu, cyrillic],
  [/\p{Script=Greek}/gu, () => "el"],
  [/\p{Script=Hebrew}/gu, () => "he"],
  [/\p{Script=Thai}/gu, () => "th"],
  // Persian and Urdu, Marathi and Nepali have letters the others lack; without them the commonest language is meant.
  [/\p{Script=Arabic}/gu, (text) => (/[پچژگٹڈڑے]/u.test(text) ? undefined : "ar")],
  [/\p{Script=Devanagari}/gu, (text) => (/[ळ]/u.test(text) ? undefined : "hi")],
];

function hasKana(text: string): boolean {
  return /[\p{Script=Hiragana}\p{Script=Katakana}]/u.test(text);
}

/** Russian and Ukrainian each have letters the other lacks; with both, or neither, it is not clear. */
function cyrillic(text: string): Language | undefined {
  const russian = /[ыэъё]/u.test(text);
  const ukrainian = /[іїєґ]/u.test(text);
  if (russian === ukrainian) return undefined;
  return russian ? "ru" : "uk";
}

function byWords(text: string): Language | undefined {
  const words = text.match(/[\p{L}']+/gu) ?? [];
  const found = new Map<Language, number>();
  for (const word of words) for (const of of wordsOf.get(word) ?? []) found.set(of, (found.get(of) ?? 0) + 1);
  const [first, second] = [...found].sort(([, a], [, b]) => b - a);
  if (first === undefined) return undefined;
  const [of, count] = first;
  const clear = count >= commonWordsMin && count / words.length >= commonShareMin;
  return clear && count >= leadMin * (second?.[1] ?? 0) ? of : undefined;
}

/** The commonest words of each language that is written in Latin letters; some are of several. */
const commonest: Partial<Record<Language, string>> = {
  en: "the and of to in is that it for was with on are this be as have not you by from they which or an but we can will their has",
  de: "der die das und ist nicht ein eine zu den von mit dem für auf sich des im werden auch es an als sie er wir oder aus wie bei",
  fr: "le la les de des et est un une que qui dans pour pas sur plus par ne ce il elle nous vous avec au aux sont cette mais ou",
  es: "el la los las de y que en un una es por con para no se su del al lo como más pero sus este esta son hay muy ser está",
  it: "il lo la gli le di e che un una è per con non si del della dei sono nel alla come più ma anche questo questa ha essere dal",
  pt: "o os as de e que um uma é em para com não se do da dos das no na por mais como mas ao são este esta você ser pelo",
  nl: "de het een en van is dat niet op te in zijn met voor die aan er ook als maar om bij worden deze dit wordt naar door wij",
  pl: "i w na z do się nie jest to że o jak po dla są przez od ale oraz który która może tym tego być już ich czy za co",
  sv: "och att det som en är på för av med den till inte har de ett om var jag men så kan vid från eller vi ska blir detta",
  tr: "ve bir bu için ile da de çok daha olarak gibi olan ne en kadar değil ama veya var her sonra olduğu şey ben sen biz mı mi",
};

const wordsOf = new Map<string, Language[]>();
for (const of of languages)
  for (const word of commonest[of]?.split(" ") ?? []) wordsOf.set(word, [...(wordsOf.get(word) ?? []), of]);
