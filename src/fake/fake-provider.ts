import type { Faults } from "./faults.ts";
import { Journal, type ReceivedEntry } from "./journal.ts";
import { Listener, type TlsFiles } from "./listener.ts";
import { serve } from "./serve.ts";
import { StandingFaults } from "./standing-faults.ts";
import { prepareTokenCount } from "./token-count.ts";

/** Options of a fake provider; everything has a default. */
export interface FakeProviderOptions {
  /** What `x-fake-only` calls it; default `fake`. */
  readonly name?: string;
  /** Default `127.0.0.1`. */
  readonly host?: string;
  /** 0, the default, takes a free one. */
  readonly port?: number;
  /** PEM texts; with them HTTP/1.1 and HTTP/2 by ALPN, without them HTTP/1.1 in the clear. */
  readonly tls?: TlsFiles;
  /** Refuse every other credential as the vendor does; default: any is accepted, and none. */
  readonly apiKey?: string;
  /** Refuse every AWS signature that was not made with this secret key; default: any is accepted. */
  readonly awsSecretKey?: string;
  /** Know only these models; default: any. */
  readonly models?: readonly string[];
  /** Faults of every request that does not ask for others. */
  readonly faults?: Faults;
  /** Keep whole request bodies in the journal. */
  readonly journalBodies?: boolean;
  /** Keep credentials in the journal as they are. */
  readonly journalCredentials?: boolean;
}

/** A running fake provider. */
export interface FakeProvider {
  readonly name: string;
  /** E.g. `http://127.0.0.1:40123`, without a slash at its end. */
  readonly url: string;
  readonly port: number;
  /** The requests received so far, in order of arrival; entries of requests still running are written on. */
  received(): readonly ReceivedEntry[];
  /** Faults of every further request, or of the next `times`; `{}` ends them. */
  setFaults(faults: Faults, times?: number): void;
  /** Clears the journal and ends the faults set. */
  reset(): void;
  /** Stops listening and resets all connections: as if the provider were gone. */
  refuse(): Promise<void>;
  /** Listens again, on the same port. */
  accept(): Promise<void>;
  /** Ends it for good. */
  close(): Promise<void>;
}

/** Starts a provider that needs no key, speaks every dialect and fails on request. Rejects if the port is taken. */
export async function startFakeProvider(options: FakeProviderOptions = {}): Promise<FakeProvider> {
  prepareTokenCount();
  const journal = new Journal();
  const standing = new StandingFaults();
  standing.set(options.faults ?? {});
  const name = options.name ?? "fake";
  const serving = {
    name,
    journal,
    standing,
    apiKey: options.apiKey,
    awsSecretKey: options.awsSecretKey,
    models: options.models,
    journalBodies: options.journalBodies ?? false,
    journalCredentials: options.journalCredentials ?? false,
  };
  const listener = new Listener(options.host ?? "127.0.0.1", options.tls, (request, response, reset) => {
    void serve(serving, request, response, reset);
  });
  await listener.listen(options.port ?? 0);
  return {
    name,
    url: listener.url,
    port: listener.port,
    received: () => journal.list(),
    setFaults: (faults, times) => standing.set(faults, times),
    reset: () => {
      journal.clear();
      standing.set(options.faults ?? {});
    },
    refuse: () => listener.close(),
    accept: () => listener.listen(listener.port),
    close: () => listener.close(),
  };
}
