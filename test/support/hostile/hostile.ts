import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { packageRoot } from "../../../src/core/asset.ts";
import { ask, chatBody } from "../clients/chat.ts";
import { startPlainGateway } from "../load/beside-large.ts";
import { measuredCpu, moveToCpu, otherCpu } from "../measure/cpu.ts";
import { processUsage } from "../measure/process-usage.ts";
import { programArgs } from "../stack/program.ts";
import { createTestConfig } from "../stack/test-config.ts";
import { startTollgate, type TollgateProcess } from "../stack/tollgate-process.ts";
import type { AttackTarget } from "./attacks.ts";

/** How long each part lasts. Calm and attack take turns, so that whatever else the machine does falls on both. */
export interface HostileTimes {
  readonly warmUpMs: number;
  /** How often calm and attack follow each other; default once. */
  readonly rounds?: number;
  /** Of each round. */
  readonly calmMs: number;
  readonly attackMs: number;
  /** Of each round, if there is to be a control: the attacker spends its CPU on a plain Envoy that shares Tollgate's processor. */
  readonly controlMs?: number;
  /** Tollgate and Envoy have a processor of their own, where there are two; clients, providers and attacker share the other. */
  readonly apart?: boolean;
  /** Only the attacks whose names hold this. */
  readonly attack?: string;
}

/** What honest requests saw, in one part. */
export interface HonestTraffic {
  readonly asked: number;
  /** Not answered with 200, by status or error. */
  readonly failures: readonly string[];
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly slowestMs: number;
}

/** What came of a mixed attack of one tenant beside another's honest traffic. */
export interface HostileOutcome {
  readonly calm: HonestTraffic;
  readonly attacked: HonestTraffic;
  /** Undefined without a control. */
  readonly control: HonestTraffic | undefined;
  /** Bouts of each attack that came to their end. */
  readonly bouts: ReadonlyMap<string, number>;
  /** The most that each process had resident, and what it had before the attack, in bytes. */
  readonly gateway: { readonly beforeBytes: number; readonly mostBytes: number };
  readonly envoy: { readonly beforeBytes: number; readonly mostBytes: number };
}

/** From one honest request to the next. */
const honestEveryMs = 50;
const honestKey = "key-tiny";
const attackerKey = "key-acme";

/** Undergoes the attack; everything that was started has ended when it resolves. */
export async function undergoAttack({
  warmUpMs,
  rounds = 1,
  calmMs,
  attackMs,
  controlMs,
  apart = false,
  attack = "",
}: HostileTimes): Promise<HostileOutcome> {
  if (apart) moveToCpu(otherCpu);
  const attacker = await startAttacker(attack, apart);
  const plain = controlMs === undefined ? undefined : await startPlainGateway(attacker.port);
  const config = await createTestConfig({ config: hostileConfig(attacker.port) });
  let tollgate: TollgateProcess | undefined;
  try {
    tollgate = await startTollgate(config, apart ? measuredCpu : undefined);
    const { baseUrl, pid, envoyPid } = tollgate;
    await askFor(baseUrl, warmUpMs);
    const calm: Asked[] = [];
    const attacked: Asked[] = [];
    const control: Asked[] = [];
    const memory = watchMemory({ gateway: pid, envoy: envoyPid });
    for (let round = 0; round < rounds; round += 1) {
      calm.push(await askFor(baseUrl, calmMs));
      attacker.begin({ url: new URL(baseUrl).origin, key: attackerKey });
      attacked.push(await askFor(baseUrl, attackMs));
      await attacker.pause();
      if (plain === undefined || controlMs === undefined) continue;
      attacker.begin({ url: new URL(plain.baseUrl).origin, key: attackerKey });
      control.push(await askFor(baseUrl, controlMs));
      await attacker.pause();
    }
    const { gateway, envoy } = memory.end();
    const bouts = await attacker.end();
    return {
      calm: trafficOf(calm),
      attacked: trafficOf(attacked),
      control: control.length === 0 ? undefined : trafficOf(control),
      gateway,
      envoy,
      bouts,
    };
  } finally {
    attacker.kill();
    await plain?.stop();
    await tollgate?.end("SIGTERM");
    await config.close();
  }
}

function hostileConfig(attackersPort: number): string {
  return `
version: 1
listen: { address: "127.0.0.1:0" }
server: { address: "unix:./run/t.sock" }
admin: { address: "127.0.0.1:0" }
backends:
  alpha: { provider: openai-compatible, endpoint: "{{alpha}}/v1", apiKey: "\${env:ALPHA_KEY}", price: { input: 1, output: 2 } }
  evil: { provider: openai-compatible, endpoint: "http://127.0.0.1:${attackersPort}/v1", apiKey: "\${env:BETA_KEY}", price: { input: 1, output: 2 } }
models:
  one: { targets: [alpha/model-a] }
  checked: { targets: [alpha/model-a], validate: { jsonSchema: auto } }
  evil-line-feeds: { targets: [evil/line-feeds] }
  evil-numbers: { targets: [evil/numbers] }
  evil-bomb: { targets: [evil/bomb] }
  evil-drip: { targets: [evil/drip] }
identity:
  - { type: api-key, file: ./keys.yaml }
`;
}

/** What came of honest requests in one stretch of time. */
interface Asked {
  readonly failures: readonly string[];
  readonly tookMs: readonly number[];
  readonly asked: number;
}

/** Asks at a steady pace, however long answers take. */
async function askFor(baseUrl: string, forMs: number): Promise<Asked> {
  const body = chatBody({ model: "one" });
  const failures: string[] = [];
  const tookMs: number[] = [];
  const asked: Promise<void>[] = [];
  const endMs = performance.now() + forMs;
  for (let nextMs = performance.now(); nextMs < endMs; nextMs += honestEveryMs) {
    await delay(Math.max(0, nextMs - performance.now()));
    const beganMs = performance.now();
    const answered = ask(baseUrl, body, { key: honestKey }).then(
      ({ status, text }) => {
        tookMs.push(performance.now() - beganMs);
        if (status !== 200) failures.push(`${status}: ${text.slice(0, 200)}`);
      },
      (error: unknown) => void failures.push(String(error)),
    );
    asked.push(answered);
  }
  await Promise.all(asked);
  return { asked: asked.length, failures, tookMs };
}

/** All stretches of one kind together. */
function trafficOf(stretches: readonly Asked[]): HonestTraffic {
  const tookMs = stretches.flatMap((one) => one.tookMs).sort((a, b) => a - b);
  const at = (share: number): number => tookMs[Math.floor(tookMs.length * share)] ?? Number.NaN;
  return {
    asked: stretches.reduce((sum, { asked }) => sum + asked, 0),
    failures: stretches.flatMap(({ failures }) => failures),
    p50Ms: at(0.5),
    p99Ms: at(0.99),
    slowestMs: tookMs.at(-1) ?? Number.NaN,
  };
}

function watchMemory<Name extends string>(pids: Readonly<Record<Name, number>>) {
  const names = Object.keys(pids) as Name[];
  const read = (name: Name): number => processUsage(pids[name]).rssBytes;
  const seen = Object.fromEntries(
    names.map((name) => [name, { beforeBytes: read(name), mostBytes: 0 }]),
  ) as Record<Name, { readonly beforeBytes: number; mostBytes: number }>;
  const look = (): void => {
    for (const name of names) seen[name].mostBytes = Math.max(seen[name].mostBytes, read(name));
  };
  const timer = setInterval(look, 200);
  return {
    end: () => {
      clearInterval(timer);
      look();
      return seen;
    },
  };
}

async function startAttacker(attack: string, apart: boolean) {
  const [flag = "", ...more] = programArgs("test/support/hostile/process");
  const args = [flag, ...more];
  const program = args.pop() ?? "";
  const child = fork(program, [attack, apart ? "apart" : ""], {
    cwd: packageRoot,
    execArgv: args,
    serialization: "json",
  });
  const { port } = await messageOf<{ port: number }>(child);
  return {
    port,
    /** Attacks until it pauses. */
    begin: (target: AttackTarget) => void child.send(target),
    /** Resolves once no bout is under way. */
    pause: async (): Promise<void> => {
      const paused = messageOf(child);
      child.send("pause");
      await paused;
    },
    end: async (): Promise<ReadonlyMap<string, number>> => {
      const ended = messageOf<{ bouts: [string, number][] }>(child);
      child.send("stop");
      return new Map((await ended).bouts);
    },
    kill: () => void child.kill("SIGKILL"),
  };
}

async function messageOf<Message>(child: ChildProcess): Promise<Message> {
  const over = new AbortController();
  const { signal } = over;
  try {
    const [message] = await Promise.race([
      once(child, "message", { signal }),
      once(child, "exit", { signal }).then(([code]) => {
        throw new Error(`the attacker ended with ${code}`);
      }),
    ]);
    return message as Message;
  } finally {
    over.abort();
  }
}
