import { startFakeProvider } from "../fake/fake-provider.ts";
import { stopped, type Terminal } from "./terminal.ts";

/** `tollgate fake-provider`: the fake provider on its own, until stopped. */
export async function fakeProvider(
  terminal: Terminal,
  options: { readonly port: number; readonly host: string; readonly name: string },
): Promise<void> {
  const provider = await startFakeProvider(options);
  terminal.out(`ready url=${provider.url} journal=${provider.url}/received`);
  await stopped(terminal);
  await provider.close();
}
