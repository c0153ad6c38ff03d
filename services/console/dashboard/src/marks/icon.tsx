// The pictures of the navigation and of buttons, drawn on 16 by 16.

import type { ReactNode } from "react";

const paths = {
  overview: "M2 4.5h3.5M10.5 4.5H14M5.5 4.5a2.5 2.5 0 1 0 5 0 2.5 2.5 0 1 0-5 0M8 7v4M8 11H3v3M8 11h5v3",
  alerts:
    "M8 1.8a4 4 0 0 0-4 4c0 4-1.6 5-1.6 5h11.2S12 9.800 12 5.800a4 4 0 0 0-4-4M6.800 13.600a1.300 1.300 0 0 0 2.400 0",
  cases: "M2 5h12v8.500H2ZM5.500 5V3h5v2M2 8.500h12",
  "dead-letters": "M2 3.500h12v9H2ZM2 4l6 5 6-5M5 12.500l2-3M11 12.500l-2-3",
  search: "M7 2.500a4.500 4.500 0 1 0 0 9 4.500 4.500 0 1 0 0-9M10.400 10.400 14 14",
  help: "M8 1.500a6.500 6.500 0 1 0 0 13 6.500 6.500 0 1 0 0-13M6.200 6.200a1.800 1.800 0 1 1 2.600 1.700c-.6.3-.8.7-.8 1.400M8 11.400v.1",
  copy: "M5.500 5.500h8v8h-8ZM10.500 5.500v-3h-8v8h3",
  play: "M4.500 2.800v10.400l8.500-5.200Z",
} as const;

/** One of the pictures. */
export type IconName = keyof typeof paths;

/** A picture beside a text that says the same. */
export function Icon({ name }: { readonly name: IconName }): ReactNode {
  return (
    <svg className="icon" viewBox="0 0 16 16" aria-hidden="true">
      <path d={paths[name]} />
    </svg>
  );
}
