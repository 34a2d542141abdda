import { constants, setPriority } from "node:os";
import { portOf } from "../load/paced-streams.ts";
import { moveToCpu, otherCpu } from "../measure/cpu.ts";
import { type AttackTarget, hostileAttacks } from "./attacks.ts";
import { startHostileProvider } from "./provider.ts";

// The attacker and its provider, in a process of its own: what it costs to attack must not slow the honest client. Says its provider's port,
// attacks whichever target it was named last until it is told to pause, and ends when it is told to, or with its parent.

const boutsAtOnce = 2;
const [named = "", apart = ""] = process.argv.slice(2);
if (apart !== "") {
  moveToCpu(otherCpu);
  // The honest client has the same processor, and goes first.
  setPriority(constants.priority.PRIORITY_LOW);
}
/** The attacks whose names hold the argument, or all. */
const attacks = hostileAttacks.filter(({ name }) => name.includes(named));
const bouts = new Map<string, number>();
/** The next attack of each of those under way at once. */
const turns = Array.from({ length: boutsAtOnce }, (_, n) => n * Math.floor(attacks.length / boutsAtOnce));
/** Undefined while there is to be no attack. */
let target: AttackTarget | undefined;
/** Bouts under way. */
let running = 0;

/** One bout after the other, until there is no target. */
async function attack(at: number): Promise<void> {
  running += 1;
  while (target !== undefined) {
    const turn = turns[at] ?? 0;
    turns[at] = turn + 1;
    const chosen = attacks[turn % attacks.length];
    if (chosen === undefined) break;
    // The gateway may well end a connection in the middle of a bout, which is then over.
    await chosen.run(target, Math.floor(turn / attacks.length)).catch(() => undefined);
    bouts.set(chosen.name, (bouts.get(chosen.name) ?? 0) + 1);
  }
  running -= 1;
  if (running === 0) process.send?.("paused");
}

const provider = await startHostileProvider();
process.on("uncaughtException", (error) => process.stderr.write(`the attacker: ${error.stack}\n`));
process.on("disconnect", () => process.exit(0));
process.on("message", (message: AttackTarget | "pause" | "stop") => {
  if (message === "stop") {
    process.send?.({ bouts: [...bouts] }, () => process.exit(0));
    return;
  }
  if (message === "pause") {
    target = undefined;
    return;
  }
  target = message;
  for (let at = 0; at < boutsAtOnce; at += 1) void attack(at);
});
process.send?.({ port: portOf(provider) });
