// Lanes: jobs of one lane run one after the other, lanes run side by side, a bounded number at once.

/** How jobs are spread. */
export interface LaneOptions<J> {
  readonly laneOf: (job: J) => string;
  /** Most lanes at once, at least 1. */
  readonly lanesMax: number;
}

/**
 * Runs every job and returns their results in the order of the jobs. Jobs of a lane keep their order.
 *
 * @throws what a job throws; jobs under way then still finish, unheeded, and jobs that have not begun may still begin
 */
export const runInLanes = async <J, R>(
  jobs: readonly J[],
  { laneOf, lanesMax }: LaneOptions<J>,
  run: (job: J) => Promise<R>,
): Promise<R[]> => {
  const results = new Map<J, R>();
  const waiting = [...Map.groupBy(jobs, laneOf).values()].values();
  const takeLanes = async (): Promise<void> => {
    for (const lane of waiting) {
      for (const job of lane) results.set(job, await run(job));
    }
  };
  await Promise.all(Array.from({ length: lanesMax }, takeLanes));
  // Every job has run by now, so each has its result, which may be `undefined` itself.
  return jobs.map((job) => results.get(job) as R);
};
