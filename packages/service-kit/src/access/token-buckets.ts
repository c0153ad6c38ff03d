// Rate limit: each sender has a bucket of tokens, one for each thing it may do, which fills at a steady rate. Pure.
//
//   T1. In any span of s seconds a sender is granted at most burst + rate × s transactions, and those that were given back.
//   T2. Memory is bounded: of the senders that are known the one who has not asked for longest is forgotten first, and
//       starts again with a full bucket.
//   T3. A clock that goes back takes nothing away and gives nothing.
//
// A library for Fastify limits requests; a batch is one request and 10,000 transactions.

/** How much a sender may. */
export interface Limit {
  readonly perSecond: number;
  /** Granted at once after a pause. */
  readonly burst: number;
}

interface Bucket {
  /** Thousandths of a token: whole numbers at any whole rate and millisecond. */
  credit: number;
  atMs: number;
}

const tokenCredit = 1_000;

const sendersMax = 10_000;

/** The buckets of all senders. */
export class TokenBuckets {
  readonly #buckets = new Map<string, Bucket>();

  /** @returns 0 when granted, else in how many milliseconds the next one may be */
  take(sender: string, limit: Limit, nowMs: number): number {
    const bucket = this.#bucketOf(sender, limit, nowMs);
    const passedMs = Math.max(0, nowMs - bucket.atMs);
    bucket.credit = Math.min(limit.burst * tokenCredit, bucket.credit + passedMs * limit.perSecond);
    bucket.atMs = Math.max(bucket.atMs, nowMs);
    if (bucket.credit >= tokenCredit) {
      bucket.credit -= tokenCredit;
      return 0;
    }
    return Math.ceil((tokenCredit - bucket.credit) / limit.perSecond);
  }

  /** Takes back what was granted to a sender: it shall not count. */
  giveBack(sender: string, limit: Limit): void {
    const bucket = this.#buckets.get(sender);
    if (bucket !== undefined)
      bucket.credit = Math.min(limit.burst * tokenCredit, bucket.credit + tokenCredit);
  }

  #bucketOf(sender: string, limit: Limit, nowMs: number): Bucket {
    const known = this.#buckets.get(sender);
    // Put in again, so that the order is that of the last question (T2).
    if (known !== undefined) this.#buckets.delete(sender);
    const bucket = known ?? { credit: limit.burst * tokenCredit, atMs: nowMs };
    this.#buckets.set(sender, bucket);
    if (this.#buckets.size > sendersMax) {
      for (const [oldest] of this.#buckets) {
        this.#buckets.delete(oldest);
        break;
      }
    }
    return bucket;
  }
}
