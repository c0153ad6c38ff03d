// What Prometheus gets to see of an ingest and a filter at work: a model of the two in steps of a second, scraped like the
// real ones, as the input series of a promtool case.
//
//   SP1. Each replica is scraped at a time of its own within the interval, so that no two figures are of one instant.
//   SP2. A replica that ends takes along what it counted since its last scrape; one that begins counts from 0, and its first
//        scrape may find it far along.
//   SP3. While a partition is restored nobody shows its lag, and nobody reads it.

/** Seconds between scrapes, as in infra/prometheus/prometheus.yml. */
export const scrapeS = 5;
const partitions = 4;
/** Records a second that one filter can read. */
const capacity = 3_000;

/** Something that happens to the pipeline. */
export interface Happening {
  readonly kind:
    | "filter-restart"
    | "filter-replaced"
    | "filter-joins"
    | "filter-leaves"
    | "ingest-restart"
    | "ingest-joins"
    | "filter-slow"
    | "offsets-to-end";
  /** Second at which it begins. */
  readonly atS: number;
  /** How long the service is away, restores, or is slow, in seconds. */
  readonly lastsS: number;
}

/** A story to be scraped. */
export interface Story {
  /** Transactions a second; each entry holds for five minutes, so that the story ends with the last. */
  readonly ratesPerS: readonly number[];
  /** When the first replica of each service is scraped, as a share of the interval; those after it are shifted. */
  readonly phase: number;
  readonly happenings: readonly Happening[];
  /** Share of the records that the filter passes over from a second on, uncounted. @default none */
  readonly skips?: { readonly share: number; readonly fromS: number };
}

/** A series of a promtool case. */
export interface Series {
  readonly series: string;
  readonly values: string;
}

type History = (number | undefined)[];

interface Replica {
  readonly service: "ingest" | "filter";
  readonly instance: string;
  readonly phaseS: number;
  readonly startedAtS: History;
  readonly counted: History;
  /** From when it is at work; not there at all before `upAtS`. */
  upAtS: number;
  count: number;
  isGone: boolean;
}

interface Partition {
  /** Records that came by the end of each second. */
  readonly came: number[];
  readonly lags: Map<Replica, History>;
  readonly ages: Map<Replica, History>;
  read: number;
  newestS: number;
  restoredAtS: number;
  /** When its position is set to the end, read or not. */
  jumpsAtS: number | undefined;
  owner: Replica | undefined;
}

/** The pipeline while its story is told. */
class ScrapedPipeline {
  readonly #story: Story;
  readonly #replicas: Replica[] = [];
  readonly #partitions: Partition[] = Array.from({ length: partitions }, () => ({
    came: [],
    lags: new Map(),
    ages: new Map(),
    read: 0,
    newestS: 0,
    restoredAtS: 0,
    jumpsAtS: undefined,
    owner: undefined,
  }));
  #slowUntilS = 0;

  constructor(story: Story) {
    this.#story = story;
    this.#add("ingest", 0);
    this.#add("filter", 0);
    this.#assign(0, 0);
  }

  tell(): Series[] {
    const endS = this.#story.ratesPerS.length * 300;
    for (let s = 0; s <= endS; s++) {
      for (const happening of this.#story.happenings) if (happening.atS === s) this.#happen(happening);
      this.#record(s);
      this.#read(s);
      this.#note(s);
    }
    return this.#series(endS);
  }

  #alive(service: Replica["service"]): Replica[] {
    return this.#replicas.filter((replica) => replica.service === service && !replica.isGone);
  }

  #add(service: Replica["service"], upAtS: number): void {
    const number = this.#replicas.length;
    this.#replicas.push({
      service,
      instance: `${service}-${number}`,
      phaseS: Math.floor((this.#story.phase * scrapeS + 2 * number) % scrapeS),
      startedAtS: [],
      counted: [],
      upAtS,
      count: 0,
      isGone: false,
    });
  }

  #happen({ kind, atS, lastsS }: Happening): void {
    const service = kind.startsWith("ingest") ? "ingest" : "filter";
    const alive = this.#alive(service);
    const oldest = alive[0];
    if (oldest === undefined) return;
    if (kind === "filter-slow") this.#slowUntilS = atS + lastsS;
    else if (kind.endsWith("-joins")) this.#add(service, atS);
    else if (kind === "filter-leaves") oldest.isGone = alive.length > 1;
    else if (kind === "filter-replaced") {
      oldest.isGone = true;
      this.#add("filter", atS + lastsS);
    } else {
      oldest.upAtS = atS + lastsS;
      oldest.count = 0;
    }
    if (kind === "offsets-to-end")
      for (const partition of this.#partitions) partition.jumpsAtS = atS + lastsS;
    if (service === "filter" && kind !== "filter-slow") this.#assign(atS, lastsS);
  }

  /** A hand-over: in turn, to those who are or will be there. */
  #assign(atS: number, lastsS: number): void {
    const owners = this.#alive("filter");
    this.#partitions.forEach((partition, i) => {
      const owner = owners[i % owners.length];
      if (partition.owner === owner && owner !== undefined && owner.upAtS <= atS) return;
      partition.owner = owner;
      partition.restoredAtS = Math.max(atS + lastsS, owner?.upAtS ?? 0);
    });
  }

  #record(s: number): void {
    const rate = this.#story.ratesPerS[Math.floor(s / 300)] ?? 0;
    const takers = this.#alive("ingest").filter(({ upAtS }) => upAtS <= s);
    for (const taker of takers) taker.count += rate / takers.length;
    for (const partition of this.#partitions)
      partition.came.push((partition.came.at(-1) ?? 0) + (takers.length === 0 ? 0 : rate / partitions));
  }

  #read(s: number): void {
    const { skips } = this.#story;
    const share = skips !== undefined && s >= skips.fromS ? skips.share : 0;
    for (const partition of this.#partitions) {
      const { owner } = partition;
      if (partition.jumpsAtS === s) partition.read = cameBy(partition, s);
      if (owner === undefined || owner.upAtS > s || partition.restoredAtS > s) continue;
      const owned = this.#partitions.filter((other) => other.owner === owner).length;
      const can = (capacity * (s < this.#slowUntilS ? 0.01 : 1)) / owned;
      // Some of the last second's are always under way.
      const there = Math.max(partition.read, 0.6 * cameBy(partition, s) + 0.4 * cameBy(partition, s - 1));
      const taken = Math.min(can, there - partition.read);
      partition.read += taken;
      owner.count += taken * (1 - share);
      while (partition.newestS < s && cameBy(partition, partition.newestS) <= partition.read)
        partition.newestS++;
    }
  }

  #note(s: number): void {
    for (const replica of this.#replicas) {
      const isUp = !replica.isGone && replica.upAtS <= s;
      replica.counted[s] = isUp ? Math.floor(replica.count) : undefined;
      replica.startedAtS[s] = isUp ? replica.upAtS : undefined;
    }
    for (const partition of this.#partitions) {
      const { owner, lags, ages } = partition;
      for (const history of [...lags.values(), ...ages.values()]) history[s] = undefined;
      if (owner === undefined || owner.upAtS > s || partition.restoredAtS > s) continue;
      const waiting = Math.floor(cameBy(partition, s) - partition.read);
      historyOf(lags, owner)[s] = waiting;
      historyOf(ages, owner)[s] = waiting === 0 ? 0 : s - partition.newestS;
    }
  }

  #series(endS: number): Series[] {
    const series: Series[] = [];
    const show = (
      name: string,
      { service, instance, phaseS }: Replica,
      history: History,
      more = "",
    ): void => {
      const values = scraped(history, phaseS, endS);
      series.push({ series: `${name}{service="${service}",instance="${instance}"${more}}`, values });
    };
    for (const replica of this.#replicas) {
      const counter =
        replica.service === "ingest" ? "riffle_ingest_recorded_total" : "riffle_stream_records_in_total";
      show(counter, replica, replica.counted);
      show("process_start_time_seconds", replica, replica.startedAtS);
    }
    this.#partitions.forEach(({ lags, ages }, i) => {
      const labels = `,topic="transactions.received.v1",partition="${i}"`;
      for (const [owner, history] of lags) show("riffle_stream_lag_records", owner, history, labels);
      for (const [owner, history] of ages) show("riffle_stream_lag_seconds", owner, history, labels);
    });
    return series;
  }
}

const cameBy = ({ came }: Partition, s: number): number => came[Math.min(s, came.length - 1)] ?? 0;

const historyOf = (histories: Map<Replica, History>, owner: Replica): History => {
  const history = histories.get(owner) ?? [];
  histories.set(owner, history);
  return history;
};

/** In promtool's notation: `_` where there is no sample, `stale` where a series ends. */
const scraped = (history: History, phaseS: number, endS: number): string => {
  const words: string[] = [];
  let wasThere = false;
  for (let s = 0; s <= endS; s += scrapeS) {
    const value = history[s - phaseS];
    words.push(value === undefined ? (wasThere ? "stale" : "_") : String(value));
    wasThere = value !== undefined;
  }
  return words.join(" ");
};

/** What Prometheus would have of a story, a sample every {@link scrapeS} seconds. */
export const scrape = (story: Story): Series[] => new ScrapedPipeline(story).tell();
