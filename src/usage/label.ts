/** A key for people. Values come from requests: nothing in them may steer a terminal. */
export function label(value: string | null): string {
  return value === null ? "unattributed" : value.replace(/\p{C}/gu, "�");
}
