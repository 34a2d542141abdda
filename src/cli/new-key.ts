import { expiryMs } from "../identity/api-key.ts";
import { type NewKeyOptions, newKey } from "../identity/new-key.ts";
import { CommandFailure, type Terminal } from "./terminal.ts";

/** Whose key it is to be, as the command line says it. */
export interface NewKeyArguments {
  readonly tenant: string;
  readonly user?: string;
  readonly team?: string;
  readonly app?: string;
  readonly name?: string;
  readonly role?: readonly string[];
  readonly expires?: string;
  readonly json?: boolean;
}

/** `tollgate key new`: a key that is shown once, and the entry for keys.yaml that recognises it. */
export function printNewKey(terminal: Terminal, given: NewKeyArguments): void {
  const { tenant, user, team, app, role, expires, json } = given;
  if (expires !== undefined && expiryMs(expires) === undefined)
    throw new CommandFailure("--expires is a date like 2027-06-30 or 2027-06-30T18:00:00Z", 2);
  const options: NewKeyOptions = {
    name: given.name ?? [tenant, user ?? app].filter((part) => part !== undefined).join("-"),
    tenant_id: tenant,
    ...(user === undefined ? {} : { user_id: user }),
    ...(team === undefined ? {} : { team }),
    ...(app === undefined ? {} : { app }),
    ...(role === undefined ? {} : { roles: role }),
    ...(expires === undefined ? {} : { expires }),
  };
  const { key, entry } = newKey(options);
  if (json === true) terminal.out(JSON.stringify({ key, entry }, undefined, 2));
  else
    terminal.out(`key (shown once, not stored):\n${key}\n\nentry for keys.yaml, below \`keys:\`\n${entry}`);
}
