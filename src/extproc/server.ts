import type { Snapshot } from "../config/snapshot.ts";
import { unreachable } from "../core/errors.ts";
import { type EdgeHandler, type EdgeMethod, grpcStatus } from "../edge/edge.ts";
import type { Services } from "../exchange/state/services.ts";
import { roleKey } from "../plan/metadata.ts";
import { AttemptRole } from "./attempt.ts";
import { DownstreamRole } from "./downstream.ts";
import { GuardedRole } from "./guarded.ts";
import type { Role } from "./role.ts";
import { RoleStream } from "./stream.ts";
import { ValidatedRole } from "./validated.ts";

const roles = ["downstream", "attempt", "guarded", "validated"] as const;
type RoleName = (typeof roles)[number];

/** Envoy's external processing service; each stream says its role in its initial metadata. */
export function extProcMethod(services: Services, snapshot: () => Snapshot): EdgeMethod {
  const onBug = (error: unknown): void => services.observer.bug(error, undefined);
  return {
    path: "/envoy.service.ext_proc.v3.ExternalProcessor/Process",
    open: (stream, metadata) => {
      const name = roles.find((role) => role === metadata(roleKey));
      if (name === undefined) {
        stream.fail(
          grpcStatus.invalidArgument,
          `initial metadata ${roleKey} must name a role: ${roles.join(", ")}`,
        );
        return deaf;
      }
      return new RoleStream(stream, createRole(name, services, snapshot), onBug);
    },
  };
}

function createRole(name: RoleName, services: Services, snapshot: () => Snapshot): Role {
  switch (name) {
    case "downstream":
      return new DownstreamRole(services, snapshot());
    case "attempt":
      return new AttemptRole(services);
    case "guarded":
      return new GuardedRole(services);
    case "validated":
      return new ValidatedRole(services);
    default:
      return unreachable(name);
  }
}

const deaf: EdgeHandler = { message: () => {}, halfClosed: () => {}, closed: () => {} };
