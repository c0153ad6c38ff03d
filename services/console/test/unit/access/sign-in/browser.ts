// A browser as far as a sign-in goes by it: cookies of each origin, redirects, and what SameSite keeps back.
//
//   B1. A redirect out of another site carries Lax cookies and no Strict ones, as the strictest browsers have it.
//   B2. A __Host- cookie that is not Secure, has a Domain or another path is thrown away.

const hopsMax = 20;

interface Cookie {
  readonly value: string;
  readonly sameSite: string;
}

/** One answer on the way. */
export interface Step {
  readonly url: string;
  readonly status: number;
  readonly setCookies: readonly string[];
}

/** Where a way ended. */
export interface Arrival {
  /** Path and query of the last address. */
  readonly path: string;
  readonly origin: string;
  readonly status: number;
  readonly text: string;
  readonly steps: readonly Step[];
}

/** What a browser does. */
export class Browser {
  readonly #jars = new Map<string, Map<string, Cookie>>();

  /** Types an address, or clicks a link of the same page, and follows redirects. @param until stops before such an address */
  async go(address: string, until: (url: URL) => boolean = () => false): Promise<Arrival> {
    return await this.#follow(new URL(address), {}, until);
  }

  /** Sends the form of a page. @param fields besides the hidden ones, which the caller knows too */
  async submit(address: string, fields: Readonly<Record<string, string>>): Promise<Arrival> {
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    const body = new URLSearchParams(fields).toString();
    return await this.#follow(new URL(address), { method: "POST", headers, body }, () => false);
  }

  /** A page's own script asks its server. */
  async ask(address: string, init: RequestInit = {}): Promise<Response> {
    return await this.#send(new URL(address), init, false);
  }

  /** The cookie's value, as nobody but the browser and the server know it. */
  cookie(origin: string, name: string): string | undefined {
    return this.#jars.get(origin)?.get(name)?.value;
  }

  /** Gives a cookie of another browser to this one. */
  plant(origin: string, name: string, value: string): void {
    this.#jarOf(origin).set(name, { value, sameSite: "Lax" });
  }

  async #follow(start: URL, first: RequestInit, until: (url: URL) => boolean): Promise<Arrival> {
    const steps: Step[] = [];
    let url = start;
    let init = first;
    let isCrossSite = false;
    for (let hops = 0; hops < hopsMax; hops++) {
      const headers = { ...init.headers, accept: "text/html,*/*" };
      const reply = await this.#send(url, { ...init, headers }, isCrossSite);
      steps.push({ url: url.href, status: reply.status, setCookies: reply.headers.getSetCookie() });
      const text = await reply.text();
      const location = reply.status >= 300 && reply.status < 400 ? reply.headers.get("location") : null;
      const next = location === null ? undefined : new URL(location, url);
      if (next === undefined || until(next)) {
        const { origin, pathname, search } = next ?? url;
        return { path: pathname + search, origin, status: reply.status, text, steps };
      }
      isCrossSite ||= next.origin !== url.origin;
      url = next;
      init = {};
    }
    throw new Error(`more than ${hopsMax} redirects from ${start.href}`);
  }

  async #send(url: URL, init: RequestInit, isCrossSite: boolean): Promise<Response> {
    const jar = this.#jarOf(url.origin);
    const sent = [...jar].filter(([, { sameSite }]) => !isCrossSite || sameSite.toLowerCase() !== "strict");
    const headers = new Headers(init.headers);
    if (sent.length > 0)
      headers.set("cookie", sent.map(([name, { value }]) => `${name}=${value}`).join("; "));
    const reply = await fetch(url, { ...init, headers, redirect: "manual" });
    for (const line of reply.headers.getSetCookie()) this.#keep(jar, line);
    return reply;
  }

  #jarOf(origin: string): Map<string, Cookie> {
    const jar = this.#jars.get(origin) ?? new Map<string, Cookie>();
    this.#jars.set(origin, jar);
    return jar;
  }

  #keep(jar: Map<string, Cookie>, line: string): void {
    const [pair = "", ...attributes] = line.split(/; */);
    const name = pair.slice(0, pair.indexOf("="));
    const has = (text: string): boolean => attributes.some((each) => each.toLowerCase() === text);
    if (name.startsWith("__Host-") && !(has("secure") && has("path=/"))) return;
    const sameSite = attributes.find((each) => /^samesite=/i.test(each))?.split("=")[1] ?? "Lax";
    const isOver = has("max-age=0") || attributes.some((each) => each.toLowerCase().includes("01 jan 1970"));
    if (isOver) jar.delete(name);
    else jar.set(name, { value: pair.slice(name.length + 1), sameSite });
  }
}
