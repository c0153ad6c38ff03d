// What became of a sign-in at the organisation's provider, as the console leaves it in the address. Pure.
//
//   N1. Nothing of the address is shown: a code has a sentence here, and what has none says nothing.

const sentences: Readonly<Record<string, string>> = {
  "sign-in-denied": "Your organisation did not let you in, or you gave up there.",
  "sign-in-expired":
    "That sign-in was not begun in this window, or took longer than ten minutes. Begin it again.",
  "sign-in-refused":
    "What your organisation answered could not be accepted. The log of the console has the reason.",
  "role-missing":
    "Your organisation knows you, but you have no role here. Ask to be made a viewer, an analyst or an admin.",
  "authority-unreachable": "Your organisation's sign-in does not answer at the moment. Try again in a while.",
  "login-too-often": "Too many sign-ins were begun from your network. Try again in a minute.",
};

/** The sentence for the reader, undefined without one, and the address without the code. @param address path and query */
export function noticeOf(address: string): {
  readonly sentence: string | undefined;
  readonly address: string;
} {
  const { pathname, searchParams } = new URL(address, "http://console");
  const code = searchParams.get("sign-in");
  if (code === null) return { sentence: undefined, address };
  searchParams.delete("sign-in");
  const query = searchParams.size === 0 ? "" : `?${searchParams.toString()}`;
  return {
    sentence: Object.hasOwn(sentences, code) ? sentences[code] : undefined,
    address: pathname + query,
  };
}

/** Where "Sign in with your organisation" leads, and back to the page that the reader was on. */
export const signInHref = (address: string): string =>
  `/v1/session/oidc?to=${encodeURIComponent(noticeOf(address).address)}`;
