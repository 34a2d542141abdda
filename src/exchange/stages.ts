/** How long each stage of an exchange took, in milliseconds; undefined: it did not happen. */
export interface Stages {
  identify: number | undefined;
  route: number | undefined;
  guard: number | undefined;
  count: number | undefined;
  reserve: number | undefined;
  forward: number | undefined;
  validate: number | undefined;
}

/** Nothing has happened yet. All keys from the start: one hidden class. */
export function newStages(): Stages {
  return {
    identify: undefined,
    route: undefined,
    guard: undefined,
    count: undefined,
    reserve: undefined,
    forward: undefined,
    validate: undefined,
  };
}
