import { pathOf } from "../request-path.ts";

const pathPattern = /^\/v1beta\/models\/([A-Za-z0-9._-]{1,256}):([A-Za-z]+)$/;

/** The model and the action that a path of the Gemini API names; undefined for any other path. */
export function geminiAction(
  method: string,
  path: string,
): { readonly model: string; readonly action: string } | undefined {
  const [, model, action] = (method === "POST" ? pathPattern.exec(pathOf(path)) : null) ?? [];
  return model === undefined || action === undefined ? undefined : { model, action };
}
