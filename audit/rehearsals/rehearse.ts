// The frame of a rehearsal: whatever happens in it, what it brought up is taken down.

/**
 * Runs a rehearsal and takes down what it brought up: at its end, after an error, and at Ctrl-C.
 *
 * The exit code is 1 after an error, whose message is shown, and 130 after a signal.
 */
export const rehearse = async (run: () => Promise<void>, takeDown: () => Promise<void>): Promise<void> => {
  const onSignal = (): void => {
    process.stderr.write("stopping; what was brought up is taken down\n");
    void takeDown().finally(() => process.exit(130));
  };
  process.once("SIGINT", onSignal);
  process.once("SIGTERM", onSignal);
  try {
    await run();
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  } finally {
    await takeDown();
    process.off("SIGINT", onSignal);
    process.off("SIGTERM", onSignal);
  }
};
