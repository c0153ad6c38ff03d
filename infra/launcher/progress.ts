// What the terminal shows while things start: one line a step, with the seconds since the beginning.

export type Say = (line: string) => void;

/** Lines like `   3.2 s  starting Apache Kafka 4.4.0`, on `write`. */
export function progressLines(
  write: (text: string) => void,
  nowMs: () => number = () => performance.now(),
): Say {
  const startedAtMs = nowMs();
  return (line) => {
    const seconds = ((nowMs() - startedAtMs) / 1000).toFixed(1);
    write(`${seconds.padStart(6)} s  ${line}\n`);
  };
}
