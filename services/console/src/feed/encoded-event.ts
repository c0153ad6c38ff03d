// An event as bytes: made once for each way in which it is sent, whoever many clients it goes to.
//
//   E1. The bytes of a WebSocket's message are the JSON alone; those of a server-sent event have the cursor as its id.
//   E2. For a reader who may not see account ids the data is masked as every other answer is (AccountMask of service-kit).

import { type AccountMask, accountIdsIn } from "@riffle/service-kit/process";
import { cursorText } from "./cursor.ts";
import type { FeedEvent } from "./feed-event.ts";

/** How messages are put on the wire. */
export type Wire = "websocket" | "sse";

/** A message that is no event, on either wire. */
export function encodeMessage(wire: Wire, json: string, cursor?: string): Buffer {
  if (wire === "websocket") return Buffer.from(json);
  return Buffer.from(`${cursor === undefined ? "" : `id: ${cursor}\n`}data: ${json}\n\n`);
}

/** An event with the bytes that were made of it. */
export class EncodedEvent {
  readonly event: FeedEvent;
  readonly #cursor: string;
  readonly #bytes = new Map<string, Buffer>();
  #accountIds: ReadonlySet<string> | undefined;

  constructor(event: FeedEvent, epoch: string) {
    this.event = event;
    this.#cursor = cursorText(epoch, event.seq);
  }

  /** Account ids that the event shows. */
  get accountIds(): ReadonlySet<string> {
    this.#accountIds ??= accountIdsIn(JSON.parse(this.event.data));
    return this.#accountIds;
  }

  /** @param mask masks account ids; undefined shows them */
  bytes(wire: Wire, mask: AccountMask | undefined): Buffer {
    const way = `${wire}${mask === undefined ? "" : "-masked"}`;
    let bytes = this.#bytes.get(way);
    if (bytes === undefined) {
      bytes = encodeMessage(wire, this.#json(mask), this.#cursor);
      this.#bytes.set(way, bytes);
    }
    return bytes;
  }

  #json(mask: AccountMask | undefined): string {
    const { kind, topic, partition, offset, data } = this.event;
    const shown = mask === undefined ? data : JSON.stringify(mask.masked(JSON.parse(data)));
    return `{"type":"event","cursor":"${this.#cursor}","kind":"${kind}","topic":"${topic}","partition":${partition},"offset":${offset},"data":${shown}}`;
  }
}
