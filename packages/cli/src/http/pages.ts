// Lists of the console, page after page, up to a limit.

import type { ConsoleClient } from "./console-client.ts";
import { membersOf, objectsIn, textIn } from "./json-reading.ts";

const pageMax = 200;

/** Some items of a list. */
export interface Listing {
  readonly items: readonly Readonly<Record<string, unknown>>[];
  /** Whether there are more than were asked for. */
  readonly hasMore: boolean;
}

/** The first items that fit the query. @throws CliError as {@link ConsoleClient.get} does */
export const listed = async (
  client: ConsoleClient,
  path: string,
  query: Readonly<Record<string, string | undefined>>,
  limit: number,
): Promise<Listing> => {
  const items: Readonly<Record<string, unknown>>[] = [];
  let after: string | undefined;
  do {
    const page = membersOf(
      await client.get(path, { ...query, limit: String(Math.min(pageMax, limit - items.length)), after }),
    );
    const found = objectsIn(page["items"]);
    items.push(...found);
    after = found.length === 0 ? undefined : textIn(page, "next");
  } while (after !== undefined && items.length < limit);
  return { items: items.slice(0, limit), hasMore: after !== undefined || items.length > limit };
};
