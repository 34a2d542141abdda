/** The caller, as its credential says and nothing else. */
export interface Principal {
  readonly tenantId: string;
  readonly userId: string | undefined;
  readonly team: string | undefined;
  readonly app: string | undefined;
  readonly roles: readonly string[];
  /** Shown in records and logs instead of the credential. */
  readonly keyName: string | undefined;
  /** Own contract fields that come with the credential. */
  readonly fields: ReadonlyMap<string, string>;
}
