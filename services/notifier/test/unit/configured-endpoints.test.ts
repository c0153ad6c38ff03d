// A bug here starts a notifier that tells nobody, tells the wrong ones, or signs with nothing.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ruleNames } from "@riffle/contracts";
import { ConfigError, loadConfig } from "@riffle/service-kit";
import { effectiveConfig, secretValues } from "@riffle/service-kit/process";
import { afterAll, describe, expect, it } from "vitest";
import { notifierConfig } from "../../src/config.ts";
import { configuredEndpoints } from "../../src/configured-endpoints.ts";
import { anAlert } from "./alerts.ts";

const secret = `whsec_${Buffer.alloc(24, 7).toString("base64")}`;
const webhook = { WEBHOOK_URL: "https://example.com/hook", WEBHOOK_SECRET: secret };
const folder = mkdtempSync(join(tmpdir(), "riffle-subscriptions-"));
const secretFile = join(folder, "secret");
writeFileSync(secretFile, secret);
afterAll(() => rmSync(folder, { recursive: true }));

const endpoints = (env: Record<string, string>) =>
  configuredEndpoints(loadConfig(notifierConfig, { env: { KAFKA_BROKERS: "127.0.0.1:9092", ...env } }));
const names = (env: Record<string, string>) => endpoints(env).map(({ channel }) => channel.name);

let files = 0;
const fileOf = (content: unknown): string => {
  const path = join(folder, `${files++}.json`);
  writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
  return path;
};
const subscribed = (content: unknown, env: Record<string, string> = {}) =>
  endpoints({ CONSOLE_ENABLED: "false", NOTIFIER_SUBSCRIPTIONS: fileOf(content), ...env });
const hook = (more: object = {}) => ({
  name: "desk",
  kind: "webhook",
  url: "https://example.com/hook",
  secretFiles: [secretFile],
  ...more,
});
const file = (...list: unknown[]) => ({ version: 1, endpoints: list });

/** Faults without the file's path. */
const faultsOf = (content: unknown): string[] => {
  try {
    subscribed(content);
  } catch (error) {
    if (error instanceof ConfigError)
      return error.faults.map(({ problem }) => problem.replace(/^\S*\.json#?/, ""));
    throw error;
  }
  return [];
};

describe("the variables", () => {
  it("name the console unless told otherwise, and the webhook when it has an address and a secret", () => {
    expect(names({})).toEqual(["console"]);
    expect(names(webhook)).toEqual(["console", "webhook"]);
    expect(names({ CONSOLE_ENABLED: "false", ...webhook })).toEqual(["webhook"]);
  });

  it("an address without a secret is refused, and a secret without an address", () => {
    expect(() => names({ WEBHOOK_URL: webhook.WEBHOOK_URL })).toThrow(/WEBHOOK_SECRET: required/);
    expect(() => names({ WEBHOOK_SECRET: secret })).toThrow(/WEBHOOK_URL: required/);
  });

  it("the address and each of several secrets are kept from the log, alone or together", () => {
    const other = `whsec_${Buffer.alloc(24, 9).toString("base64")}`;
    const env = { KAFKA_BROKERS: "127.0.0.1:9092", ...webhook, WEBHOOK_SECRET: `${secret}, ${other}` };
    const config = loadConfig(notifierConfig, { env });
    expect(secretValues(notifierConfig, config)).toEqual([webhook.WEBHOOK_URL, secret, other]);
    const shown = JSON.stringify(effectiveConfig(notifierConfig, config));
    for (const kept of [webhook.WEBHOOK_URL, secret, other]) expect(shown).not.toContain(kept);
  });

  it("no endpoint at all is refused", () => {
    expect(() => names({ CONSOLE_ENABLED: "false" })).toThrow(/nobody would be told/);
  });

  it.each([
    ["WEBHOOK_URL", "ftp://example.com"],
    ["WEBHOOK_URL", "https://user:word@example.com/"],
    ["WEBHOOK_URL", "https://127.0.0.1/"],
    ["WEBHOOK_SECRET", "whsec_c2hvcnQ="],
    ["WEBHOOK_SECRET", `${secret};${secret}`],
    ["RETRY_WAITS", "5s,soon"],
    ["RETRY_WAITS", "0s"],
  ])("%s=%s is refused", (name, value) => {
    expect(() => names({ ...webhook, [name]: value })).toThrow(name);
  });

  it("waits are read with their units", () => {
    const [console] = endpoints({ RETRY_WAITS: "500ms,5s,30m,2h" });
    expect(console?.retryWaits).toEqual([500, 5_000, 1_800_000, 7_200_000]);
  });

  it("without any, there are ten attempts over three days, as Standard Webhooks suggests", () => {
    const waits = endpoints({})[0]?.retryWaits ?? [];
    const totalHours = waits.reduce((sum, waitMs) => sum + waitMs, 0) / 3_600_000;
    expect([waits.length, waits[0], totalHours]).toEqual([9, 5_000, expect.closeTo(75.5847, 3)]);
  });
});

describe("the subscriptions", () => {
  it("add endpoints of several kinds and names, each with its own treatment", () => {
    const [desk, other] = subscribed(
      file(hook({ concurrencyMax: 3, retryWaits: ["1s", "2m"] }), hook({ name: "other" })),
      { DELIVERIES_CONCURRENT_MAX: "7" },
    );
    expect([desk?.channel.name, desk?.concurrencyMax, desk?.retryWaits]).toEqual([
      "desk",
      3,
      [1_000, 120_000],
    ]);
    expect([other?.channel.name, other?.concurrencyMax, other?.retryWaits.length]).toEqual(["other", 7, 9]);
  });

  it("choose alerts that fit every list that is given", () => {
    const wants = (alerts: object) => subscribed(file(hook({ alerts })))[0]?.wants(anAlert("t1", "acc_42"));
    expect([
      wants({}),
      wants({
        rules: ["velocity-burst", "card-testing"],
        severities: ["high"],
        accountPrefixes: ["b", "acc_"],
      }),
      wants({ rules: ["velocity-burst"] }),
      wants({ severities: ["low", "medium"] }),
      wants({ statuses: ["withdrawn"] }),
      wants({ rules: ["card-testing"], accountPrefixes: ["acc_43"] }),
    ]).toEqual([true, true, false, false, false, false]);
  });

  it("every fault is told at once, with its place", () => {
    const faults = faultsOf({
      version: 2,
      endpoints: [
        hook({ name: "Desk" }),
        hook({ urll: "x" }),
        { name: "b", kind: "pager" },
        hook({ name: "c", secretFiles: [join(folder, "nowhere")] }),
        hook({ name: "c", url: "https://10.0.0.1/" }),
        hook({ name: "d", alerts: { severities: ["loud"] } }),
        hook({ name: "e", retryWaits: ["soon"] }),
      ],
      more: 1,
    });
    const places = faults.map((fault) => fault.slice(0, fault.indexOf(":")));
    expect(places.toSorted()).toEqual(
      [
        "/more",
        "/version",
        "/endpoints/0/name",
        "/endpoints/1/urll",
        "/endpoints/2/kind",
        "/endpoints/3/secretFiles/0",
        "/endpoints/4/name",
        "/endpoints/4/url",
        "/endpoints/5/alerts/severities/0",
        "/endpoints/6/retryWaits/0",
      ].toSorted(),
    );
    expect(faults.find((fault) => fault.startsWith("/endpoints/1/urll"))).toContain('did you mean "url"?');
  });

  it("a rule that there is not is refused with its place and the one that was meant", () => {
    const faults = faultsOf(file(hook({ alerts: { rules: ["card-testing", "card-testng", "x", 3] } })));
    expect(faults).toEqual([
      `/endpoints/0/alerts/rules/1: found "card-testng", but must be one of ${ruleNames.join(", ")}; did you mean "card-testing"?`,
      `/endpoints/0/alerts/rules/2: found "x", but must be one of ${ruleNames.join(", ")}`,
      "/endpoints/0/alerts/rules/3: must be string",
    ]);
    expect(faultsOf(file(hook({ alerts: { rules: ruleNames } })))).toEqual([]);
  });

  it("a file that is no JSON is refused with line and column, one that is not there with its path", () => {
    expect(faultsOf('{\n  "version": 1\n  "endpoints": []\n}')).toEqual([
      " stops being JSON at line 3, column 3",
    ]);
    expect(faultsOf("[")).toEqual([" stops being JSON at its end"]);
    // The parser's own words would show the text around it, of which addresses are secrets.
    expect(faultsOf('{"url":\n tru}')).toEqual([' stops being JSON at a "}" that cannot stand there']);
    expect(() => names({ NOTIFIER_SUBSCRIPTIONS: join(folder, "none.json") })).toThrow(
      /none\.json cannot be read: ENOENT/,
    );
  });

  it("two endpoints of one name are refused, also when one comes from a variable", () => {
    expect(faultsOf(file(hook(), hook()))).toEqual([
      '/endpoints/1/name: "desk" is the name of /endpoints/0 already',
    ]);
    expect(() => subscribed(file(hook({ name: "webhook" })), webhook)).toThrow(/names an endpoint "webhook"/);
  });

  it("what is no object, or lists no endpoints, is refused", () => {
    expect([faultsOf([]).length, faultsOf({ version: 1 }).length]).toEqual([1, 1]);
  });
});
