// Kafka's frames: what of the wire a proxy has to understand, and no more.
//
// Every request and every answer is an int32 length and that many bytes. A request begins with its api key, version,
// correlation id and client id; an answer with the correlation id of its request. Source: Kafka protocol guide,
// "Protocol Primitive Types" and "Request Header v1".

/** The requests that the pipeline sends, by Kafka's names. */
export const apiKeys = {
  Produce: 0,
  Fetch: 1,
  ListOffsets: 2,
  Metadata: 3,
  OffsetCommit: 8,
  OffsetFetch: 9,
  FindCoordinator: 10,
  JoinGroup: 11,
  Heartbeat: 12,
  LeaveGroup: 13,
  SyncGroup: 14,
  ApiVersions: 18,
  InitProducerId: 22,
  AddPartitionsToTxn: 24,
  AddOffsetsToTxn: 25,
  EndTxn: 26,
  TxnOffsetCommit: 28,
} as const;

/** One of {@link apiKeys}. */
export type ApiName = keyof typeof apiKeys;

const names = new Map<number, ApiName>(Object.entries(apiKeys).map(([name, key]) => [key, name as ApiName]));

/** What the head of a request says. */
export interface RequestHead {
  /** Undefined for a request that is not in {@link apiKeys}. */
  readonly api: ApiName | undefined;
  readonly correlationId: number;
  readonly clientId: string;
}

const lengthBytes = 4;

/** Reads the head of a whole request frame, its length included. */
export const requestHead = (frame: Buffer): RequestHead => {
  const clientIdLength = frame.readInt16BE(lengthBytes + 8);
  const clientIdAt = lengthBytes + 10;
  return {
    api: names.get(frame.readInt16BE(lengthBytes)),
    correlationId: frame.readInt32BE(lengthBytes + 4),
    clientId: clientIdLength <= 0 ? "" : frame.toString("utf8", clientIdAt, clientIdAt + clientIdLength),
  };
};

/** Reads the correlation id of a whole answer frame, its length included. */
export const answerCorrelationId = (frame: Buffer): number => frame.readInt32BE(lengthBytes);

/** Cuts a byte stream into whole frames, lengths included, however the network cut it. */
export class FrameSplitter {
  #rest: Buffer = Buffer.alloc(0);

  /** The frames that these bytes complete, in order. */
  push(bytes: Buffer): Buffer[] {
    const frames: Buffer[] = [];
    let rest = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    while (rest.length >= lengthBytes) {
      const end = lengthBytes + rest.readInt32BE(0);
      if (rest.length < end) break;
      frames.push(rest.subarray(0, end));
      rest = rest.subarray(end);
    }
    this.#rest = rest;
    return frames;
  }
}
