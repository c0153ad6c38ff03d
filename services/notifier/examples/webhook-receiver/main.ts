// Listens on 127.0.0.1:8080 with the secret of WEBHOOK_SECRET and keeps alerts in alerts.sqlite.

import { createServer } from "node:http";
import { WebhookReceiver } from "./receiver.ts";

const { WEBHOOK_SECRET: secrets = "" } = process.env;
const receiver = new WebhookReceiver({ secrets: secrets.split(","), database: "alerts.sqlite" });
createServer({ requestTimeout: 10_000 }, receiver.listener).listen(8080, "127.0.0.1");
