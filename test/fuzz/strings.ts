/** A stream of numbers in [0, 1) that is the same for the same seed. */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Characters where patterns and Unicode versions are known to disagree. */
const tricky = [
  ..."'sStTlLrReEvVmMdD\u017fKk\n\r\t /.!,aAzZ1239\u0663\u00e9\u00c9\u01c5\u02b0\u00aa\u00ba\u00df\u0130\u0131\u03a3\u03c2",
  ...'\u4e2d\u65e5\ud55c\u3042\u0301\u0300\u200d\ufe0f\u{1f600}\u{1f468}\u{1f3fd}\u00a0\u3000\u2028\u0085\ufeff\0\u00ad_-"`#@',
];

const words = (
  "the of and to in is that it was for as with his they at be this from have or by one had not but what all were when we there can an your " +
  "which their said if do will each about how up out them then she many some so these would other into has more her two like him see time " +
  "could no make than first been its who now people my made over did down only way find use may water long little very after words called " +
  "function return const import undefined tokenizer unbelievable internationalization HTTPServer getElementById snake_case_name"
).split(" ");

/** A short string of one of eight kinds: tricky characters, ASCII, low planes, all of Unicode (half surrogates too), words, Han, runs, mixes. */
export function fuzzString(random: () => number): string {
  const below = (limit: number) => Math.floor(random() * limit);
  const pick = <T>(list: readonly T[]) => list[below(list.length)]!;
  const han = () => String.fromCharCode(0x4e00 + below(2500));
  const kind = below(8);
  const length = 1 + below(kind === 7 ? 300 : 48);
  const repeat = (next: () => string, times = length) => {
    let text = "";
    for (let i = 0; i < times; i++) text += next();
    return text;
  };
  switch (kind) {
    case 0:
      return repeat(() => pick(tricky));
    case 1:
      return repeat(() => String.fromCharCode(below(128)));
    case 2:
      return repeat(() => String.fromCharCode(below(0x2500)));
    case 3:
      return repeat(() => String.fromCodePoint(below(0x110000)));
    case 4:
      return repeat(() => `${pick(words)} `, length / 4);
    case 5:
      return repeat(han);
    case 6: {
      const [most, few] = [pick(tricky), pick(tricky)];
      return repeat(() => (below(4) > 0 ? most : few));
    }
    default:
      return repeat(
        () => pick([() => `${pick(words)} `, () => pick(tricky).repeat(1 + below(5)), han])(),
        length / 8,
      );
  }
}
