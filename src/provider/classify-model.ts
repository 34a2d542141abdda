/** Words by which providers say that a key, a signature or an account is at fault, and not one model. */
const credentialWords =
  /credential|signature|security ?token|api[ _-]?key|authenticat|unauthori[sz]ed|expired|billing|payment|quota|credit/i;
const modelCodes = /model_not_found|model_not_available|model_deprecated|deployment_?not_?found/i;
const modelWords =
  /\b(?:model|deployment|engine|inference profile)s?\b.{0,200}\b(?:not (?:be )?found|does not exist|doesn't exist|not exist|deprecated|retired|decommissioned|end of (?:its )?life|no longer|not available|unavailable|unknown|access)/is;
const modelWordsReversed =
  /\b(?:no such|unknown|access to|invalid|find|found) (?:the )?(?:specified )?(?:model|deployment|engine)\b|\bmodels?[/:]\s?\S+/i;
/** Other things that a client may name and that may be missing; they say nothing about the model. */
const otherThings =
  /previous[_ ]response|\b(?:item|file|container|conversation|batch|prompt|vector store|cached? ?content)\b/i;

/**
 * True if a refusal is about one model, which the provider does not have, no longer has, or does not give to our account. Other models
 * of the same backend may answer. Missing things that the client named itself (a file, a response) do not count. `words`: the error's
 * codes and message.
 */
export function refusesModel(status: number, words: string): boolean {
  if (status === 410) return true;
  if (modelCodes.test(words)) return status >= 400 && status < 500;
  if (status === 403) return !credentialWords.test(words);
  if (status !== 404) return false;
  // A path that is not there is not there for this model.
  if (words.trim() === "") return true;
  return !otherThings.test(words) && (modelWords.test(words) || modelWordsReversed.test(words));
}
