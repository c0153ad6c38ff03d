// Sends commands to the notifier.

import { type NotifierCommand, topics } from "@riffle/contracts";
import { IdempotentProducer, type WireOptions } from "@riffle/streams/kafka";

const topic = topics.notifierCommands;
/** Sends under way at once, well below what the producer queues. */
const chunk = 500;

/** A command and where it goes: to the partition of the key, unless one is named. */
export interface AddressedCommand {
  readonly key: string;
  readonly partition?: number;
  readonly command: NotifierCommand;
}

/** Sends the commands in order; resolves when every in-sync replica has them. @throws StreamsError when that fails */
export const sendCommands = async (
  kafka: WireOptions,
  commands: readonly AddressedCommand[],
): Promise<void> => {
  const producer = await IdempotentProducer.connect({ ...kafka, topics: [topic.name] });
  try {
    for (let from = 0; from < commands.length; from += chunk) {
      await Promise.all(
        commands.slice(from, from + chunk).map(({ command, ...to }) =>
          producer.send({
            ...to,
            topic: topic.name,
            value: topic.codec.encode(command),
            timestampMs: Date.now(),
            headers: { schema: topic.codec.schema },
          }),
        ),
      );
    }
  } finally {
    await producer.close();
  }
};

/** The same command for every task. */
export const toEveryPartition = (command: NotifierCommand, partitions: number): AddressedCommand[] =>
  Array.from({ length: partitions }, (_, partition) => ({ key: command.channel, partition, command }));
