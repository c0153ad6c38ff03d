// How many replicas there should be: the rule of Kubernetes' HorizontalPodAutoscaler over the lag of a consumer group, as
// k8s/components/keda asks for it. Pure: it is told the time.
//
//   AS1. Wanted is lag / target, rounded up, within min and max. While lag / (target × replicas) is within a tenth of 1
//        nothing changes (the tolerance of the HPA).
//   AS2. Up at once, by at most `upMax` in `upPeriodMs`.
//   AS3. Down only to the largest number wanted within `stabilisationMs`, and by one in `downPeriodMs`.
//   AS4. Not down while a replica joins its group or restores its state.
//
// https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/#algorithm-details

/** The settings of an autoscaler. */
export interface AutoscalerOptions {
  readonly min: number;
  readonly max: number;
  /** Lag that one replica may have, in records. */
  readonly target: number;
  readonly upMax: number;
  readonly upPeriodMs: number;
  readonly stabilisationMs: number;
  readonly downPeriodMs: number;
}

/** What is looked at. */
export interface Observation {
  readonly nowMs: number;
  readonly replicas: number;
  /** Records between the group's committed offsets and the ends of its input. */
  readonly lag: number;
  readonly isRestoring: boolean;
}

const tolerance = 0.1;

/** Decides, look by look. */
export class Autoscaler {
  readonly #options: AutoscalerOptions;
  #wanted: { readonly atMs: number; readonly replicas: number }[] = [];
  #changes: { readonly atMs: number; readonly by: number }[] = [];

  constructor(options: AutoscalerOptions) {
    this.#options = options;
  }

  /** How many replicas there should be now. */
  decide(observed: Observation): number {
    const { nowMs, replicas, isRestoring } = observed;
    const { stabilisationMs } = this.#options;
    const wanted = Math.max(this.#wantedBy(observed), isRestoring ? replicas : 0);
    this.#wanted = [...this.#wanted, { atMs: nowMs, replicas: wanted }].filter(
      ({ atMs }) => nowMs - atMs <= stabilisationMs,
    );
    const decided = wanted > replicas ? this.#up(observed, wanted) : this.#down(observed);
    if (decided !== replicas) this.#changes.push({ atMs: nowMs, by: decided - replicas });
    return decided;
  }

  /** AS1. */
  #wantedBy({ replicas, lag }: Observation): number {
    const { target, min, max } = this.#options;
    const isNear = Math.abs(lag / (target * replicas) - 1) <= tolerance;
    const wanted = isNear ? replicas : Math.ceil(lag / target);
    return Math.min(max, Math.max(min, wanted));
  }

  /** AS2. */
  #up({ nowMs, replicas }: Observation, wanted: number): number {
    const { upMax, upPeriodMs } = this.#options;
    const added = this.#changed(nowMs, upPeriodMs, (by) => by > 0);
    return Math.max(replicas, Math.min(wanted, replicas + upMax - added));
  }

  /** AS3. */
  #down({ nowMs, replicas }: Observation): number {
    const largest = Math.max(...this.#wanted.map((one) => one.replicas));
    if (largest >= replicas) return replicas;
    const removed = this.#changed(nowMs, this.#options.downPeriodMs, (by) => by < 0);
    return removed === 0 ? replicas - 1 : replicas;
  }

  #changed(nowMs: number, withinMs: number, counts: (by: number) => boolean): number {
    return this.#changes
      .filter(({ atMs, by }) => nowMs - atMs < withinMs && counts(by))
      .reduce((sum, { by }) => sum + Math.abs(by), 0);
  }
}

/** How often the number of replicas turned from rising to falling or back; one is a load that came and went. */
export const turnsOf = (replicas: readonly number[]): number => {
  const steps = replicas.flatMap((count, i) => {
    const before = replicas[i - 1];
    return before === undefined || before === count ? [] : [Math.sign(count - before)];
  });
  return steps.filter((step, i) => i > 0 && step !== steps[i - 1]).length;
};
