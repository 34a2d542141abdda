import { connect } from "node:net";
import { createInterface } from "node:readline";
import { type EdgeAddress, parseEdgeAddress } from "../../../src/edge/edge.ts";
import { frameType } from "../../../src/edge/http2/frame.ts";
import { type Attack, attacks } from "./attacks.ts";
import { parseFrames } from "./h2-frames.ts";

// A process that attacks one address: reads lines `MILLISECONDS NAME`, answers each with what became of it.
const address = parseEdgeAddress(process.argv[2] ?? "");
if (address === undefined) throw new Error("usage: edge-attacker.ts ADDRESS");
console.log("ready");
for await (const line of createInterface({ input: process.stdin })) {
  const [ms, ...name] = line.split(" ");
  const attack = attacks[name.join(" ")];
  if (attack === undefined) throw new Error(`no such attack: ${line}`);
  console.log(JSON.stringify(await run(attack, address, Number(ms))));
}

/** Keeps the attack's connections up for a while: each that is ended is replaced, up to a number a second. */
async function run(attack: Attack, target: EdgeAddress, ms: number) {
  const codes: Record<string, number> = {};
  const deadline = performance.now() + ms;
  let opened = 0;
  let active = 0;
  await new Promise<void>((resolve) => {
    const top = () => {
      if (performance.now() > deadline) return;
      // What is ended is opened again, but a connection a tick: a flood of connects is not what is measured here.
      for (
        let count = opened === 0 ? attack.connections : 1;
        count > 0 && active < attack.connections;
        count--
      ) {
        opened += 1;
        active += 1;
        // One that must be ended is waited for, however slowly it is read.
        const patienceMs = opened === 1 && attack.endsWith !== undefined ? 20_000 : 0;
        void hold(attack, target, deadline + patienceMs).then((code) => {
          active -= 1;
          codes[String(code)] = (codes[String(code)] ?? 0) + 1;
          if (performance.now() > deadline && active === 0) resolve();
        });
      }
    };
    top();
    const timer = setInterval(() => {
      top();
      if (performance.now() > deadline && active === 0) {
        clearInterval(timer);
        resolve();
      }
    }, 20);
  });
  return { opened, codes };
}

/** One hostile connection; resolves with the code of the GOAWAY that ended it, or with how it ended otherwise. */
function hold(attack: Attack, target: EdgeAddress, deadlineMs: number): Promise<number | string> {
  return new Promise((resolve) => {
    const socket = target.kind === "unix" ? connect(target.path) : connect(target.port, target.host);
    let code: number | string = "cut";
    let rest: Buffer = Buffer.alloc(0);
    let round = 0;
    const timer = setTimeout(() => {
      code = "held";
      socket.destroy();
    }, deadlineMs - performance.now());
    const pump = () => {
      while (!socket.destroyed && socket.writable) {
        const bytes = attack.next(round++);
        if (bytes === undefined || !socket.write(bytes)) return;
      }
    };
    socket.on("error", () => undefined);
    socket.on("connect", () => {
      socket.write(attack.start);
      pump();
    });
    socket.on("drain", pump);
    if (attack.deaf) socket.pause();
    else
      socket.on("data", (chunk) => {
        const parsed = parseFrames(Buffer.concat([rest, chunk]));
        rest = parsed.rest;
        for (const frame of parsed.frames)
          if (frame.type === frameType.goaway) code = frame.payload.readUInt32BE(4);
      });
    socket.on("close", () => {
      clearTimeout(timer);
      resolve(code);
    });
  });
}
