// Which replica holds which partition: a row per process, a column per partition.

import type { ReactNode } from "react";
import type { ServiceState } from "../api/wire.ts";
import { Mark } from "../marks/mark.tsx";

/** The grid of all services that have a group. */
export function ReplicaGrid({ services }: { readonly services: readonly ServiceState[] }): ReactNode {
  const held = services.flatMap(({ replicas }) => replicas.flatMap(({ partitions }) => partitions));
  const columns = Array.from({ length: Math.max(-1, ...held) + 1 }, (_, partition) => partition);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable with the keyboard
    // biome-ignore lint/a11y/useSemanticElements: a group of no form
    <div className="table-wrap" role="group" aria-label="Replicas and their partitions" tabIndex={0}>
      <table className="grid">
        <thead>
          <tr>
            <th scope="col">Replica</th>
            {columns.map((partition) => (
              <th key={partition} scope="col" className="grid-column">
                {partition}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {services.flatMap(({ name, replicas }) =>
            replicas.map(({ instance, partitions, ready }) => (
              <tr key={`${name}/${instance}`}>
                <th scope="row">
                  <span className="line" title={ready ? "ready" : "not ready"}>
                    <Mark tone={ready ? "good" : "warn"} />
                    {instance}
                    <span className="unseen">{ready ? "ready" : "not ready"}</span>
                  </span>
                </th>
                {columns.map((partition) => (
                  <td key={partition} className={partitions.includes(partition) ? "grid-held" : "grid-free"}>
                    <span className="unseen">{partitions.includes(partition) ? "holds it" : "no"}</span>
                  </td>
                ))}
              </tr>
            )),
          )}
        </tbody>
      </table>
    </div>
  );
}
