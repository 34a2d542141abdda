/** A value now, or later: what is known at once is not made to wait a turn. */
export type MaybePromise<T> = T | Promise<T>;

/** Applies `then` to a value at once, or when its promise resolves. */
export function chain<T, U>(value: MaybePromise<T>, then: (value: T) => MaybePromise<U>): MaybePromise<U> {
  return value instanceof Promise ? value.then(then) : then(value);
}
