// What rules ask of a single transaction.

import { minorUnitExponent, type Transaction } from "@riffle/contracts";

/** Whether it takes money out of the account: a purchase, a withdrawal or a transfer. */
export const isPayment = ({ type }: Transaction): boolean =>
  type === "purchase" || type === "withdrawal" || type === "transfer";

/** An amount of whole units in minor units of the currency: 100 is 10,000 in EUR, 100 in JPY, 100,000 in KWD. */
export const minorUnits = (units: number, currency: string): number =>
  units * 10 ** minorUnitExponent(currency);
