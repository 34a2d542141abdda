import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { after, describe, it } from "node:test";
import { alertOf } from "../../../src/admin/alert.ts";
import { AlertWebhook, type WebhookTarget, webhookFaults } from "../../../src/admin/alert-webhook.ts";
import { systemClock } from "../../../src/core/clock.ts";
import { keptLog } from "../../support/core/kept-log.ts";
import { until } from "../../support/core/until.ts";
import { account } from "../../support/ledger/ledger-accounts.ts";

interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

const stops: (() => Promise<void> | void)[] = [];
after(async () => {
  for (const stop of stops) await stop();
});

/** A receiver that gives these answers one after the other, then 200; 0: it breaks the connection. */
async function receiver(answers: readonly number[] = []) {
  const received: Received[] = [];
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const piece of request) body += piece;
    const status = answers[received.length] ?? 200;
    received.push({ headers: request.headers, body });
    if (status === 0) request.socket.destroy();
    else response.writeHead(status).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  stops.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { received, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/alerts` };
}

function webhook(target: WebhookTarget | undefined) {
  const lost: string[] = [];
  const { log, lines } = keptLog();
  const alerts = new AlertWebhook({
    target: () => target,
    onLost: (_alert, reason) => lost.push(reason),
    ...webhookFaults({ log, clock: systemClock }),
    firstRetryMs: 1,
  });
  stops.push(() => alerts.close());
  return { alerts, lost, lines };
}

function alert(percent: number) {
  const balance = { account: account("day", 100n), used: 80n, held: 5n, left: 15n, resetsAtMs: 86_400_000 };
  return alertOf({ kind: "threshold", percent, balance }, 1_000);
}

describe("the webhook of alerts", () => {
  it("posts an alert: which budget, whose, which threshold, how it stands", async () => {
    const { received, url } = await receiver();
    const { alerts } = webhook({ url, secret: undefined });
    alerts.send(alert(80));
    await until("the alert is there", () => received.length === 1);
    const { id, ...body } = JSON.parse(received[0]!.body);
    assert.match(id, /^day\|tenant_id=acme\|/);
    assert.deepEqual(body, {
      type: "budget.threshold",
      time: "1970-01-01T00:00:01.000Z",
      budget: "day",
      key: "tenant_id=acme",
      threshold: 80,
      unit: "nano_usd",
      used: "80",
      held: "5",
      limit: "100",
      resets_at: "1970-01-02T00:00:00.000Z",
    });
    assert.equal(received[0]?.headers["webhook-signature"], undefined);
  });

  it("signs it when there is a secret", async () => {
    const { received, url } = await receiver();
    const { alerts } = webhook({ url, secret: "a secret of some length" });
    alerts.send(alert(80));
    await until("the alert is there", () => received.length === 1);
    const { headers, body } = received[0]!;
    const signed = `${headers["webhook-id"]}.${headers["webhook-timestamp"]}.${body}`;
    const wanted = createHmac("sha256", "a secret of some length").update(signed).digest("base64");
    assert.equal(headers["webhook-signature"], `v1,${wanted}`);
  });

  it("tries again until it is taken, with the same id, and keeps the order", async () => {
    const { received, url } = await receiver([500, 0, 429]);
    const { alerts, lost, lines } = webhook({ url, secret: undefined });
    alerts.send(alert(50));
    alerts.send(alert(80));
    await until("both are there", () => received.length === 5 && lines.length === 2);
    assert.deepEqual(
      lines.map(({ message, fields: { cause, failures } }) => [message, cause ?? failures]),
      [
        ["alert webhook: takes no alerts: each is tried for about half an hour", "the webhook answered 500"],
        ["alert webhook: takes alerts again", 3],
      ],
    );
    const thresholds = received.map(({ body }) => JSON.parse(body).threshold);
    assert.deepEqual(thresholds, [50, 50, 50, 50, 80]);
    assert.equal(new Set(received.map(({ headers }) => headers["webhook-id"])).size, 2);
    assert.deepEqual(lost, []);
  });

  it("does not try again what the receiver will never take, and says so", async () => {
    const { received, url } = await receiver([400]);
    const { alerts, lost } = webhook({ url, secret: undefined });
    alerts.send(alert(50));
    alerts.send(alert(80));
    await until("the second is there", () => received.length === 2);
    assert.deepEqual(lost, ["the webhook answered 400"]);
  });

  it("keeps a bounded number waiting and lets go of the rest", async () => {
    const { url } = await receiver([500]);
    const { alerts, lost, lines } = webhook({ url, secret: undefined });
    for (let at = 0; at < 1_005; at++) alerts.send(alert(50));
    assert.deepEqual(lost, Array(5).fill("too many alerts wait"));
    assert.equal(lines.filter(({ message }) => message.includes("did not get alerts")).length, 1);
  });

  it("ends in time while nobody answers, and says what was not delivered", async () => {
    const { alerts, lost } = webhook({ url: "http://127.0.0.1:9/alerts", secret: undefined });
    alerts.send(alert(50));
    alerts.send(alert(80));
    await alerts.close();
    assert.equal(lost.length, 2);
  });

  it("sends nothing where the config names none", async () => {
    const { alerts, lost } = webhook(undefined);
    alerts.send(alert(50));
    await alerts.close();
    assert.deepEqual(lost, []);
  });
});
