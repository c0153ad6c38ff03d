// When the launcher ends: Ctrl-C, a signal, the end of whoever started it, a terminal that was closed.
//
//   S1. The first wish begins an orderly end; a second one forces it.
//   S2. Signals within half a second of each other are one wish: Ctrl-C reaches every process of the terminal, and
//       pnpm and the bootstrap each pass it on besides.

/** Echoes of one Ctrl-C arrive within milliseconds; a person pressing again takes longer. */
const sameWishMs = 500;
const lookForParentEveryMs = 500;

export interface StopHandlers {
  readonly begin: (reason: string) => void;
  readonly force: () => void;
}

/** Listens for the rest of the process's life. */
export function listenForStop({ begin, force }: StopHandlers): void {
  let firstAtMs: number | undefined;
  const wish = (reason: string) => {
    if (firstAtMs === undefined) {
      firstAtMs = performance.now();
      begin(reason);
    } else if (performance.now() - firstAtMs > sameWishMs) {
      force();
    }
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => wish(signal));
  }
  const beginOnce = (reason: string) => {
    if (firstAtMs === undefined) {
      wish(reason);
    }
  };
  process.stdout.on("error", () => beginOnce("the terminal is gone"));
  watchParent(() => beginOnce("the command that started this is gone"));
}

/** Only under bootstrap.mjs, which names itself: a launcher that was started by hand may outlive its shell. */
function watchParent(onGone: () => void): void {
  const parent = Number(process.env["RIFFLE_LAUNCHER_PARENT"]);
  if (process.ppid !== parent) {
    return;
  }
  const timer = setInterval(() => {
    if (process.ppid !== parent) {
      clearInterval(timer);
      onGone();
    }
  }, lookForParentEveryMs);
  timer.unref();
}
