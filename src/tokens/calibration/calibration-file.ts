import { readFile } from "node:fs/promises";
import type { FaultHooks } from "../../core/fault-reporter.ts";
import { replaceFile } from "../../core/replace-file.ts";
import { parseSealed, seal } from "../../core/seal.ts";
import { Calibration, isSound, type TargetRatio } from "./calibration.ts";

/** Interval between writes of what was learnt. After a crash the rest is learnt again within minutes. */
const saveIntervalMs = 60_000;
/** Of the file's format; what another version wrote is learnt anew. */
const fileVersion = 1;

/** A calibration that outlives the process. */
export interface KeptCalibration {
  readonly calibration: Calibration;
  /** Writes what is not yet written, and stops writing. */
  close(): Promise<void>;
}

/** Are told when the calibration cannot be kept, and when it can again; counting goes on. */
export interface CalibrationHooks extends FaultHooks {
  /** There is a file that cannot be read: all is learnt anew. */
  readonly onDamage?: (error: unknown) => void;
}

/** Loads the calibration from the file at `path`, which is kept up to date from then on. */
export async function openCalibration(path: string, hooks: CalibrationHooks): Promise<KeptCalibration> {
  const calibration = new Calibration(await readRatios(path, hooks.onDamage));
  let saved = calibration.version;
  let saving: Promise<void> = Promise.resolve();
  const save = (): Promise<void> => {
    saving = saving.then(async () => {
      const { version } = calibration;
      if (version === saved) return;
      try {
        await writeRatios(path, calibration.ratiosKnown());
        saved = version;
        hooks.onRecovered();
      } catch (error) {
        hooks.onFault(error);
      }
    });
    return saving;
  };
  const timer = setInterval(() => void save(), saveIntervalMs);
  timer.unref();
  return {
    calibration,
    close: () => {
      clearInterval(timer);
      return save();
    },
  };
}

async function readRatios(
  path: string,
  onDamage: CalibrationHooks["onDamage"],
): Promise<readonly TargetRatio[]> {
  try {
    const kept = parseSealed(await readFile(path, "utf8"));
    const { version, ratios } = (kept ?? {}) as { readonly version?: unknown; readonly ratios?: unknown };
    return version === fileVersion && Array.isArray(ratios) ? ratios.filter(isSound) : [];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") onDamage?.(error);
    return [];
  }
}

/** Replaces the file whole: a crash leaves the old or the new one. */
function writeRatios(path: string, ratios: readonly TargetRatio[]): Promise<void> {
  return replaceFile(path, seal(JSON.stringify({ version: fileVersion, ratios })));
}
