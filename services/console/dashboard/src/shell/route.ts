// Which page an address is. Pure; every state of a page that is worth a link is in its address.

/** A page and what it is about. */
export type Route =
  | { readonly page: "overview" }
  | { readonly page: "transaction"; readonly id: string }
  | { readonly page: "account"; readonly id: string }
  | { readonly page: "alerts"; readonly query: Readonly<Record<string, string>> }
  | { readonly page: "alert"; readonly id: string }
  | { readonly page: "cases"; readonly query: Readonly<Record<string, string>> }
  | { readonly page: "case"; readonly id: string }
  | { readonly page: "dead-letters" }
  | { readonly page: "search"; readonly text: string }
  | { readonly page: "nowhere"; readonly path: string };

/** The page at a path with its query, `/alerts?rule=card-testing`. */
export function routeOf(address: string): Route {
  const { pathname, searchParams } = new URL(address, "http://console");
  const query = Object.fromEntries(searchParams);
  const [first = "", id, ...more] = pathname.split("/").slice(1).map(decode);
  if (more.length > 0) return { page: "nowhere", path: pathname };
  if (id !== undefined && id !== "") return detailOf(first, id) ?? { page: "nowhere", path: pathname };
  switch (first) {
    case "":
      return { page: "overview" };
    case "alerts":
    case "cases":
      return { page: first, query };
    case "dead-letters":
      return { page: first };
    case "search":
      return { page: first, text: query["q"] ?? "" };
    default:
      return { page: "nowhere", path: pathname };
  }
}

function detailOf(first: string, id: string): Route | undefined {
  switch (first) {
    case "transactions":
      return { page: "transaction", id };
    case "accounts":
      return { page: "account", id };
    case "alerts":
      return { page: "alert", id };
    case "cases":
      return { page: "case", id };
    default:
      return undefined;
  }
}

const folders = { transaction: "transactions", account: "accounts", alert: "alerts", case: "cases" } as const;

/** The address of a thing: `/transactions/t-1`. */
export function hrefOf(kind: keyof typeof folders, id: string): string {
  return `/${folders[kind]}/${encodeURIComponent(id)}`;
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
