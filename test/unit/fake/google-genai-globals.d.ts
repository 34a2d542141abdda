// Names of the browser's library that the declarations of @google/genai use, and Node's lack; nothing of ours may use them.
declare global {
  type RequestInfo = string | URL | Request;
  type HeadersInit = ConstructorParameters<typeof Headers>[0];
  interface ErrorEvent extends Event {}
  interface CloseEvent extends Event {}
}

export {};
