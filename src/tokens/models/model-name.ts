/**
 * True if `part` begins a model's name or follows a separator in it, so that vendors' prefixes (`us.anthropic.`, `ft:`, `publishers/…/`) do no harm.
 */
export function nameHasPart(name: string, part: string): boolean {
  for (let at = name.indexOf(part); at >= 0; at = name.indexOf(part, at + 1)) {
    if (at === 0 || "./:-_".includes(name.charAt(at - 1))) return true;
  }
  return false;
}
