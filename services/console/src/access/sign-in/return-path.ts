// Where somebody goes on to after signing in: a page of ours, whatever the address asked for. Pure.
//
//   P1. It is a path of this host. What a browser would read as another host (`//evil`, `/\evil`, `/./\evil`, an address with a
//       scheme, blanks and line ends that it leaves out) becomes the overview.
//   P2. It is a page: nothing under /v1 is gone on to, so that no sign-in leads into another.

const here = "http://console.invalid";
const charsMax = 2_000;
/** What the sign-in page is told in the address. */
const notice = "sign-in";

/** The path to go on to. @param asked as it came in the query */
export function returnPath(asked: unknown): string {
  if (typeof asked !== "string" || asked.length > charsMax || !asked.startsWith("/")) return "/";
  if (!URL.canParse(asked, here)) return "/";
  const { origin, pathname, searchParams } = new URL(asked, here);
  // A path may begin with two slashes only once dots are resolved: it is looked at as the browser will have it.
  if (origin !== here || pathname.startsWith("//") || /^\/v1(\/|$)/i.test(pathname)) return "/";
  searchParams.delete(notice);
  return pathname + queryOf(searchParams);
}

/** A path of {@link returnPath} with what the sign-in page is to say, by the code of a problem. */
export function pathWithNotice(path: string, code: string): string {
  const { pathname, searchParams } = new URL(path, here);
  searchParams.set(notice, code);
  return pathname + queryOf(searchParams);
}

const queryOf = (query: URLSearchParams): string => (query.size === 0 ? "" : `?${query.toString()}`);
