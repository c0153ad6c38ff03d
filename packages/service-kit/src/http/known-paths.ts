// Which methods a path takes, so that a request which no route takes is told apart: there is nothing at its path (404), or
// its path takes other methods (405 with Allow: RFC 9110, section 15.5.6).
//
//   K1. It knows the routes that the server has, from the server itself; there is no second list to forget one in.
//   K2. Where several patterns fit, the one with its own words first is meant, as the router takes it: `/batch` before `/:id`.
//   K3. `/*`, which takes whatever nobody else does, makes no path known.

/** A route, as Fastify hands it to the hook `onRoute`. */
export interface KnownRoute {
  readonly method: string | readonly string[];
  /** `/v1/alerts/:id`, `/assets/*`; no other patterns. */
  readonly url: string;
}

interface PathShape {
  readonly segments: readonly string[];
  readonly methods: Set<string>;
}

const parameter = ":";
const rest = "*";

/** The paths of one server. */
export class KnownPaths {
  readonly #shapes = new Map<string, PathShape>();

  /**
   * Notes a route.
   *
   * @throws TypeError for a pattern that is none of those above: what is not understood would be answered wrongly
   */
  add({ method, url }: KnownRoute): void {
    const segments = segmentsOf(url).map((segment) =>
      segment.startsWith(":") ? nameOf(segment, url) : segment,
    );
    if (
      segments.some((segment, at) => segment.includes(rest) && (segment !== rest || at < segments.length - 1))
    )
      throw new TypeError(
        `the route ${url} has a * that is not its last segment; paths with it are not told apart`,
      );
    if (segments.length === 1 && segments[0] === rest) return;
    const key = segments.join("/");
    const shape = this.#shapes.get(key) ?? { segments, methods: new Set() };
    for (const each of [method].flat()) shape.methods.add(each);
    this.#shapes.set(key, shape);
  }

  /**
   * The methods that a path takes instead of the one that was asked for, as the header Allow lists them; `undefined` for a
   * path that no route has, and for one that takes this method: what is not there then is not for want of another.
   *
   * @param url the target of a request, with its query or without
   */
  allow(url: string, method: string): string | undefined {
    const path = segmentsOf(url.split("?", 1)[0] ?? "");
    let best: PathShape | undefined;
    for (const shape of this.#shapes.values()) {
      if (fits(shape.segments, path) && (best === undefined || isBefore(shape.segments, best.segments)))
        best = shape;
    }
    return best === undefined || best.methods.has(method) ? undefined : [...best.methods].sort().join(", ");
  }
}

const segmentsOf = (path: string): string[] => path.split("/").slice(1);

function nameOf(segment: string, url: string): string {
  if (/^:\w+$/.test(segment)) return parameter;
  throw new TypeError(
    `the route ${url} has the parameter ${segment}, which is more than a name; paths with it are not told apart`,
  );
}

function fits(segments: readonly string[], path: readonly string[]): boolean {
  const isOpen = segments.at(-1) === rest;
  if (isOpen ? path.length < segments.length : path.length !== segments.length) return false;
  return segments.every(
    (segment, at) => segment === rest || (segment === parameter ? path[at] !== "" : segment === path[at]),
  );
}

/** K2: compared where they first differ; words come before a parameter, a parameter before the rest. */
function isBefore(one: readonly string[], other: readonly string[]): boolean {
  const at = one.findIndex((segment, index) => segment !== other[index]);
  return rankOf(one[at]) < rankOf(other[at]);
}

const rankOf = (segment: string | undefined): number =>
  segment === rest ? 2 : segment === parameter ? 1 : 0;
