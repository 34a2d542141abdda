// Takes the lock of the folder named on its command line, says how that went, and keeps it until it is killed.
import { lockFolder } from "../../../src/core/folder-lock.ts";

const [, , folder = ""] = process.argv;
lockFolder(folder, "ledger").then(
  () => process.stdout.write("locked\n"),
  (error: Error) => process.stdout.write(`${error.message}\n`),
);
setInterval(() => {}, 1_000);
