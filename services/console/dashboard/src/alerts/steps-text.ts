// The steps that the causes of an alert were taken by, in few words. Pure.

/** Each run of one step once, with how often it came: `small ×3, large`. */
export function stepsText(evidenceSteps: readonly string[]): string {
  const runs: { readonly step: string; count: number }[] = [];
  for (const step of evidenceSteps) {
    const last = runs.at(-1);
    if (last?.step === step) last.count++;
    else runs.push({ step, count: 1 });
  }
  return runs.map(({ step, count }) => (count === 1 ? step : `${step} ×${count}`)).join(", ");
}
