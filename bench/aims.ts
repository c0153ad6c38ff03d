// A figure beside its aim. Speed is the machine's as well, and it is shared: an aim of speed that is missed is said, and ends
// no command with 1. What is correct or not ends it.

/** What a figure should be at most, or at least. */
export type Aim = { readonly atMost: number } | { readonly atLeast: number };

/** Whether the figure is as it should be; one that is no number never is. */
export const isMet = (figure: number, aim: Aim): boolean =>
  "atMost" in aim ? figure <= aim.atMost : figure >= aim.atLeast;

/** `aim ≤ 5 s: met`, to be put behind the figure. */
export const besideAim = (figure: number, aim: Aim, unit = ""): string => {
  const [sign, bound] = "atMost" in aim ? ["≤", aim.atMost] : ["≥", aim.atLeast];
  return `aim ${sign} ${bound}${unit === "" ? "" : ` ${unit}`}: ${isMet(figure, aim) ? "met" : "MISSED"}`;
};
