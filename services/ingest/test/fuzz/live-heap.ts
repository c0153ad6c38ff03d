// What lives in an ingest process after a full collection, over its inspector.
//
// Resident memory grows with the young generation, which V8 doubles when it likes; what is still there after a collection is
// what somebody holds. So a leak is looked for there, and in the buffers that belong to it.

import { readFileSync } from "node:fs";

interface HeapUsage {
  readonly usedSize: number;
  /** Buffers outside of the heap. */
  readonly backingStorageSize?: number;
}

/** An inspector of a process that was started with `--inspect=127.0.0.1:0`. */
export class LiveHeap {
  readonly #socket: WebSocket;
  #calls = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
  }

  /** @param logFile where the process writes its standard error @throws Error when no inspector is named there */
  static async of(logFile: string): Promise<LiveHeap> {
    const url = /ws:\/\/127\.0\.0\.1:\d+\/[0-9a-f-]+/.exec(readFileSync(logFile, "utf8"))?.[0];
    if (url === undefined) throw new Error(`${logFile} names no inspector`);
    const socket = new WebSocket(url);
    await new Promise((resolve, reject) => {
      socket.addEventListener("open", resolve, { once: true });
      socket.addEventListener("error", () => reject(new Error(`no inspector at ${url}`)), { once: true });
    });
    return new LiveHeap(socket);
  }

  /** Collects, and then reads: bytes on the heap and in its buffers. */
  async read(): Promise<number> {
    await this.#call("HeapProfiler.collectGarbage");
    const { usedSize, backingStorageSize = 0 } = (await this.#call("Runtime.getHeapUsage")) as HeapUsage;
    return usedSize + backingStorageSize;
  }

  close(): void {
    this.#socket.close();
  }

  #call(method: string): Promise<unknown> {
    const id = ++this.#calls;
    return new Promise((resolve, reject) => {
      const listen = ({ data }: MessageEvent): void => {
        const answer = JSON.parse(String(data)) as { id?: number; result?: unknown; error?: unknown };
        if (answer.id !== id) return;
        this.#socket.removeEventListener("message", listen);
        if (answer.error === undefined) resolve(answer.result);
        else reject(new Error(`${method}: ${JSON.stringify(answer.error)}`));
      };
      this.#socket.addEventListener("message", listen);
      this.#socket.send(JSON.stringify({ id, method }));
    });
  }
}

/** Readings at each end of a run that are put together; the first of all, before anything was compiled, is not one. */
const atEachEnd = 3;

/**
 * How much more may live at the end than at the beginning: 8 MiB. What a process keeps for ever of each request, were it one
 * small object of 64 bytes, is 12 MiB in the 200,000 requests that lie between the readings of a run of 300,000; it
 * moved by 1 MiB in a run of 6,000.
 */
const growthBytesMax = 8 * 1_048_576;

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

/** What the readings of a run show that must not be, if anything. @param readings bytes, in order */
export const heapFault = (readings: readonly number[]): string | undefined => {
  const warm = readings.slice(1);
  if (warm.length < 2 * atEachEnd) return `${readings.length} readings of the heap say nothing of its growth`;
  const growth = median(warm.slice(-atEachEnd)) - median(warm.slice(0, atEachEnd));
  if (growth <= growthBytesMax) return undefined;
  const inMiB = (growth / 1_048_576).toFixed(1);
  return `what lives on the heap after a collection grew by ${inMiB} MiB in the run; ${growthBytesMax / 1_048_576} are allowed`;
};
