// A bug here leaves a restore failing for ever after an ordinary rolling restart: the leader moved, and nobody looked
// where to.

import { describe, expect, it } from "vitest";
import { systemClock } from "../../../src/clock.ts";
import { BrokerRefusedError, FencedError, OutcomeUnknownError } from "../../../src/errors.ts";
import { readFromLeaders } from "../../../src/kafka/position-reader.ts";
import { errorCodes, errorName } from "../../../src/kafka/protocol/errors.ts";
import { rejectionOf } from "../../harness/eventually.ts";

const refused = (code: number) => new BrokerRefusedError("ListOffsets", code, errorName(code));

/** A read that fails in the given ways before it succeeds, and the metadata it makes the reader load. */
const failing = (...errors: Error[]) => {
  const seen = { reads: 0, refreshes: 0 };
  const wire = {
    clock: systemClock,
    refreshMetadata: async () => {
      seen.refreshes++;
    },
  };
  const read = async (): Promise<string> => {
    const error = errors[seen.reads++];
    if (error !== undefined) throw error;
    return "read";
  };
  return { seen, wire, read };
};

describe("a read of a leader", () => {
  it.each([
    ["moved", refused(errorCodes.NOT_LEADER_OR_FOLLOWER)],
    ["is being elected", refused(errorCodes.LEADER_NOT_AVAILABLE)],
    ["does not know its topic yet", refused(errorCodes.UNKNOWN_TOPIC_OR_PARTITION)],
    ["did not answer", new OutcomeUnknownError("Fetch: no answer")],
  ])("that %s is repeated after the metadata was loaded again", async (_, error) => {
    const { seen, wire, read } = failing(error, error);
    expect(await readFromLeaders(wire, read)).toBe("read");
    expect(seen).toEqual({ reads: 3, refreshes: 2 });
  });

  it.each([
    ["refuses for good", refused(errorCodes.TOPIC_AUTHORIZATION_FAILED)],
    ["fences", new FencedError("generation 3")],
  ])("that %s is not repeated", async (_, error) => {
    const { seen, wire, read } = failing(error);
    expect(await rejectionOf(readFromLeaders(wire, read))).toBe(error);
    expect(seen).toEqual({ reads: 1, refreshes: 0 });
  });

  it("gives up with the last error when the time is over", async () => {
    const error = refused(errorCodes.NOT_LEADER_OR_FOLLOWER);
    const { wire, read } = failing(error, error, error);
    expect(await rejectionOf(readFromLeaders(wire, read, -1))).toBe(error);
  });

  it("survives a metadata request that fails too", async () => {
    const { seen, read } = failing(refused(errorCodes.NOT_LEADER_OR_FOLLOWER));
    const refreshMetadata = () => Promise.reject(new OutcomeUnknownError("Metadata: no answer"));
    const wire = { clock: systemClock, refreshMetadata };
    expect(await readFromLeaders(wire, read)).toBe("read");
    expect(seen.reads).toBe(2);
  });
});
