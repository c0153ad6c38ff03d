// What the memory of an ingest process is made of, as its admin port tells it.
//
// Resident memory by itself explains nothing: V8 keeps the pages of a heap that it has once needed. So there are the parts: what
// lives on the heap, what the heap has taken of the system, the young generation in that, buffers outside of it, and the one
// thing that ingest remembers.

/** The parts, in bytes. */
export interface MemoryReading {
  /** Requests sent before it was read. */
  readonly requests: number;
  readonly parts: Readonly<Record<string, number>>;
}

/** Column, and the series that it shows. */
const series: readonly (readonly [column: string, series: RegExp])[] = [
  ["resident", /^process_resident_memory_bytes\{/],
  ["heap used", /^nodejs_heap_size_used_bytes\{/],
  ["heap taken", /^nodejs_heap_size_total_bytes\{/],
  ["young", /^nodejs_heap_space_size_total_bytes\{space="new"/],
  ["old used", /^nodejs_heap_space_size_used_bytes\{space="old"/],
  ["external", /^nodejs_external_memory_bytes\{/],
  ["repeats", /^riffle_ingest_repeat_memory_bytes\{/],
];

/** Reads them from /metrics. @throws Error when a series is not there */
export async function readMemory(adminPort: number, requests: number): Promise<MemoryReading> {
  const text = await (await fetch(`http://127.0.0.1:${adminPort}/metrics`)).text();
  const lines = text.split("\n");
  const parts = series.map(([column, shape]): [string, number] => {
    const line = lines.find((each) => shape.test(each));
    if (line === undefined) throw new Error(`/metrics has no series ${shape.source}`);
    return [column, Number(line.split(" ").at(-1))];
  });
  return { requests, parts: Object.fromEntries(parts) };
}

/** A line for each reading, in MiB, below a line of titles. */
export function memoryTable(readings: readonly MemoryReading[]): string[] {
  const cells = (texts: readonly string[]): string => texts.map((text) => text.padStart(11)).join("");
  const inMiB = (bytes: number | undefined): string => ((bytes ?? 0) / 1_048_576).toFixed(1);
  return [
    cells(["requests", ...series.map(([column]) => column)]),
    ...readings.map(({ requests, parts }) =>
      cells([String(requests), ...series.map(([column]) => inMiB(parts[column]))]),
    ),
  ];
}
