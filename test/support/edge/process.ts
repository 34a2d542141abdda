import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface, type Interface } from "node:readline";
import { type EdgeAddress, parseEdgeAddress } from "../../../src/edge/edge.ts";
import { type Cpu, onCpu } from "../measure/cpu.ts";
import { programArgs } from "../stack/program.ts";

/** What a served edge has used so far. */
export interface Usage {
  readonly cpuMicros: number;
  readonly rssBytes: number;
  /** Memory in use by objects and buffers; exact only with `--expose-gc`, as the collector then runs before. */
  readonly liveBytes: number;
}

/** An edge in a process of its own. */
export class EdgeProcess {
  readonly address: EdgeAddress;
  readonly #child: ChildProcess;
  readonly #lines: Interface;

  private constructor(child: ChildProcess, lines: Interface, address: EdgeAddress) {
    this.#child = child;
    this.#lines = lines;
    this.address = address;
  }

  /** Starts `edge-server.ts`, on one CPU if that is named; {@link stop} ends it. */
  static async start(
    name: string,
    address: string,
    execArgv: readonly string[] = [],
    cpu?: Cpu,
  ): Promise<EdgeProcess> {
    const args = [...programArgs("test/support/edge/server", execArgv), name, address];
    const child = spawn(...onCpu(cpu, process.execPath, args), {
      stdio: ["pipe", "pipe", "inherit"],
    });
    const lines = createInterface({ input: child.stdout });
    const [line] = await once(lines, "line");
    return new EdgeProcess(child, lines, parseEdgeAddress(String(line))!);
  }

  /** CPU and memory used by now. */
  async usage(): Promise<Usage> {
    const line = once(this.#lines, "line");
    this.#child.stdin?.write("?");
    return JSON.parse(String((await line)[0]));
  }

  async stop(): Promise<void> {
    const exit = once(this.#child, "exit");
    this.#child.stdin?.end();
    await exit;
  }
}
