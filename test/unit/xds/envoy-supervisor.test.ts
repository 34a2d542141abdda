import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { EnvoyAdmin } from "../../../src/xds/envoy-admin.ts";
import type { EnvoyProcess } from "../../../src/xds/envoy-process.ts";
import { type EnvoyEvent, EnvoySupervisor } from "../../../src/xds/envoy-supervisor.ts";
import { until } from "../../support/core/until.ts";

/** Envoys that die when they are told to, and starts that fail when they are told to. */
class Envoys {
  readonly events: EnvoyEvent[] = [];
  starts = 0;
  stops = 0;
  failing = false;
  #die: (reason: string) => void = () => {};

  readonly start = async (onExit: (reason: string) => void): Promise<EnvoyProcess> => {
    this.starts += 1;
    if (this.failing) throw new Error("it does not start");
    this.#die = onExit;
    const pid = this.starts;
    return {
      pid,
      admin: new EnvoyAdmin({ socketPath: "/nowhere" }),
      listenAddress: "127.0.0.1:1",
      drain: async () => {},
      stop: async () => {
        this.stops += 1;
      },
    };
  };

  supervise(delaysMs: readonly number[]): Promise<EnvoySupervisor> {
    return EnvoySupervisor.start({
      start: this.start,
      onEvent: (event) => this.events.push(event),
      delaysMs,
    });
  }

  die(): void {
    this.#die("killed");
  }

  get kinds(): readonly string[] {
    return this.events.map(({ kind }) => kind);
  }
}

describe("EnvoySupervisor", () => {
  it("restarts an Envoy that dies, and serves with the new one", async () => {
    const envoys = new Envoys();
    const supervisor = await envoys.supervise([1, 1, 1]);
    envoys.die();
    const during = supervisor.envoy;
    assert.equal(during, undefined);
    await until("it is restarted", () => envoys.kinds.includes("restarted"));
    assert.equal(supervisor.envoy?.pid, 2);
    assert.deepEqual(envoys.kinds, ["died", "restarted"]);
    await supervisor.stop();
    assert.equal(envoys.stops, 1);
  });

  it("waits longer from death to death, and gives up after the last wait", async () => {
    const envoys = new Envoys();
    const supervisor = await envoys.supervise([1, 2, 3]);
    envoys.failing = true;
    envoys.die();
    await until("it is given up", () => envoys.kinds.includes("given-up"));
    assert.deepEqual(
      envoys.events.map((event) => (event.kind === "died" ? event.restartInMs : event.kind)),
      [1, 2, 3, "given-up"],
    );
    assert.deepEqual(envoys.events.at(-1), { kind: "given-up", reason: "it does not start", deaths: 4 });
    assert.equal(envoys.starts, 4);
    await supervisor.stop();
  });

  it("restarts nothing once it drains, nor when it is stopped while it waits", async () => {
    const draining = new Envoys();
    const first = await draining.supervise([1]);
    await first.drain();
    draining.die();
    await first.stop();
    const waiting = new Envoys();
    const second = await waiting.supervise([60_000]);
    waiting.die();
    await second.stop();
    assert.deepEqual([draining.starts, waiting.starts], [1, 1]);
    assert.deepEqual([draining.kinds, waiting.kinds], [[], ["died"]]);
  });

  it("does not try again when the first start fails", async () => {
    const envoys = new Envoys();
    envoys.failing = true;
    await assert.rejects(envoys.supervise([1]), /does not start/);
    assert.equal(envoys.starts, 1);
  });
});
