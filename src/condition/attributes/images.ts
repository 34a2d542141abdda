import { requestAttribute } from "../attribute.ts";

/** Whether the request has images. */
export const images = requestAttribute("images", ({ facts }) => String(facts.images > 0));
