// Where nothing has come in yet: how to make something come in, from here or from a terminal.

import { type ReactNode, useState } from "react";
import { ApiProblem, post } from "../api/client.ts";
import { useResource } from "../api/use-resource.ts";
import type { ScenarioOffer } from "../api/wire.ts";
import { Snippet } from "../marks/copy.tsx";
import { Empty } from "../marks/empty.tsx";
import { Icon } from "../marks/icon.tsx";
import { Mark } from "../marks/mark.tsx";
import { Panel } from "../marks/panel.tsx";

/** What the card-testing rule looks for, typed by hand. */
const byHand = (ingestUrl: string): string => `account="demo-$(date +%s)"
for amount in 900 1200 1500 250000; do
  curl -sS -w '\\n' ${ingestUrl}/v1/transactions -H 'content-type: application/json' -d '{
    "id": "'"$account-$amount"'", "accountId": "'"$account"'", "amount": '"$amount"', "currency": "EUR",
    "occurredAt": "'"$(date -u +%Y-%m-%dT%H:%M:%SZ)"'"}'
done`;

/** The button and the command. */
export function FirstSteps(): ReactNode {
  const offer = useResource<ScenarioOffer>("/v1/scenario");
  // A command with another address than ingest's must not stand there even for a moment: somebody copies it.
  const isKnown = offer.data !== undefined || offer.problem !== undefined;
  const canPlay = offer.data?.available === true;
  const ingestUrl = offer.data?.available === true ? offer.data.ingestUrl : "http://127.0.0.1:8080";
  return (
    <Panel title="First steps">
      <Empty title="Nothing has come in yet">
        <p>
          Somebody tries a stolen card with three small purchases, and then uses it. Play that story: its
          alert stands below a moment later, with the transactions that caused it.
        </p>
        {canPlay && <ScenarioButton />}
        {isKnown && (
          <>
            <p>{canPlay ? "Or send it yourself, from a terminal:" : "Send it from a terminal:"}</p>
            <Snippet label="Commands that send the story" text={byHand(ingestUrl)} />
          </>
        )}
      </Empty>
    </Panel>
  );
}

/** Plays the card-testing story through ingest, with accounts of its own. */
export function ScenarioButton({ isQuiet = false }: { readonly isQuiet?: boolean }): ReactNode {
  const [state, setState] = useState<"idle" | "asking" | "sent" | ApiProblem>("idle");
  const play = async (): Promise<void> => {
    setState("asking");
    try {
      await post("/v1/scenario", { name: "card-testing" });
      setState("sent");
    } catch (error) {
      if (!(error instanceof ApiProblem)) throw error;
      setState(error);
    }
  };
  return (
    <span className="line">
      <button
        type="button"
        className={isQuiet ? "button" : "button is-main"}
        disabled={state === "asking"}
        onClick={() => void play()}
      >
        <Icon name="play" />
        Play the card-testing scenario
      </button>
      <span role="status" className="line note">
        {state === "sent" && (
          <>
            <Mark tone="good" /> sent; its alert is on the way
          </>
        )}
        {state instanceof ApiProblem && (
          <>
            <Mark tone="bad" /> {state.message}
          </>
        )}
      </span>
    </span>
  );
}
