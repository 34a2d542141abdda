import { requestAttribute } from "../attribute.ts";

/** `true` if the request has images, else `false`. */
export const images = requestAttribute("images", ({ facts }) => String(facts.images > 0));
