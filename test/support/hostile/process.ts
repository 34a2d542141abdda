import { portOf } from "../faults/silent-answers.ts";
import { type AttackTarget, hostileAttacks } from "./attacks.ts";
import { startHostileProvider } from "./provider.ts";

// The attacker and its provider, in a process of its own: what it costs to attack must not slow the honest client. Says its provider's port,
// attacks from the message that names the target on, and ends when it is told to, or with its parent.

const boutsAtOnce = 2;
/** The attacks whose names hold the argument, or all. */
const attacks = hostileAttacks.filter(({ name }) => name.includes(process.argv[2] ?? ""));
const bouts = new Map<string, number>();
/** Set while there is to be no attack: resolves when it goes on. */
let pause: Promise<void> | undefined;
let goOn = (): void => {};
/** Bouts under way. */
let running = 0;

async function attack(target: AttackTarget, from: number): Promise<void> {
  for (let turn = from; ; turn += 1) {
    const chosen = attacks[turn % attacks.length];
    if (chosen === undefined) return;
    await pause;
    running += 1;
    // The gateway may well end a connection in the middle of a bout, which is then over.
    await chosen.run(target, Math.floor(turn / attacks.length)).catch(() => undefined);
    running -= 1;
    if (pause !== undefined && running === 0) process.send?.("paused");
    bouts.set(chosen.name, (bouts.get(chosen.name) ?? 0) + 1);
  }
}

const provider = await startHostileProvider();
process.on("uncaughtException", (error) => process.stderr.write(`the attacker: ${error.stack}\n`));
process.on("disconnect", () => process.exit(0));
process.on("message", (message: AttackTarget | "pause" | "go on" | "stop") => {
  if (message === "pause") {
    pause = new Promise((resolve) => {
      goOn = resolve;
    });
    if (running === 0) process.send?.("paused");
    return;
  }
  if (message === "go on") {
    pause = undefined;
    goOn();
    return;
  }
  if (message === "stop") {
    process.send?.({ bouts: [...bouts] }, () => process.exit(0));
    return;
  }
  const apart = Math.floor(attacks.length / boutsAtOnce);
  for (let n = 0; n < boutsAtOnce; n += 1) void attack(message, n * apart);
});
process.send?.({ port: portOf(provider) });
