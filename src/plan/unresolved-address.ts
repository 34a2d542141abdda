/** Where Envoy turns to for a backend whose name has no address: a port on which nobody listens, so that the attempt fails and the next target is tried. */
export const unresolvedAddress = { address: "127.0.0.1", port: 1 } as const;
