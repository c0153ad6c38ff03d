// What stands where nothing stands yet, or where something was refused: what it means and what to do.

import type { ReactNode } from "react";
import type { ApiProblem } from "../api/client.ts";
import type { Resource } from "../api/use-resource.ts";
import { Mark } from "./mark.tsx";

/** Nothing yet, why, and the next step. */
export function Empty({
  title,
  children,
}: {
  readonly title: string;
  readonly children?: ReactNode;
}): ReactNode {
  return (
    <div className="empty">
      <strong>{title}</strong>
      {children}
    </div>
  );
}

/** One line for a part of a page that has nothing to show, and need not have. */
export function Nothing({ children }: { readonly children: ReactNode }): ReactNode {
  return <p className="nothing">{children}</p>;
}

/** What the server refused, in its own words. */
export function Problem({
  problem,
  onRetry,
}: {
  readonly problem: ApiProblem;
  readonly onRetry?: () => void;
}): ReactNode {
  return (
    <div className="empty" role="alert">
      <strong className="line">
        <Mark tone={problem.status === 404 ? "quiet" : "warn"} />
        {problem.title}
      </strong>
      <p>{problem.detail}</p>
      {problem.code !== "" && <code className="note">{problem.code}</code>}
      {onRetry !== undefined && problem.status !== 404 && (
        <button type="button" className="button" onClick={onRetry}>
          Try again
        </button>
      )}
    </div>
  );
}

interface LoadedProps<T> {
  readonly resource: Resource<T>;
  readonly children: (data: T) => ReactNode;
}

/** The content once it is there; a problem when it was refused. */
export function Loaded<T>({ resource, children }: LoadedProps<T>): ReactNode {
  if (resource.data !== undefined) return children(resource.data);
  if (resource.problem !== undefined) return <Problem problem={resource.problem} onRetry={resource.reload} />;
  return (
    <div className="empty" role="status">
      <span className="note">Loading…</span>
    </div>
  );
}
