/** Something that costs money from `since` until it is gone. */
export interface Priced {
  readonly usdPerHour: number;
  readonly since: Date;
  readonly until: Date | undefined;
}

/** What runs at `now` costs per hour, and what all of it has cost so far. Estimates, as its prices are. */
export function burn(items: Iterable<Priced>, now: Date): { readonly usdPerHour: number; readonly spentUsd: number } {
  let usdPerHour = 0;
  let spentUsd = 0;
  for (const { usdPerHour: rate, since, until } of items) {
    const end = Math.min(now.getTime(), until?.getTime() ?? Infinity);
    spentUsd += (rate * Math.max(0, end - since.getTime())) / 3_600_000;
    if (since <= now && end === now.getTime() && !(until && until <= now)) usdPerHour += rate;
  }
  return { usdPerHour, spentUsd };
}
