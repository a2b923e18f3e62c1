/** Prints one line: a value, and beside it a peer measured in the same run, or the budget. */
export function figure(what: string, value: number, peer?: string, peerValue?: number): void {
  const beside = peer === undefined || peerValue === undefined ? '' : `${peer} ${round(peerValue)}`;
  const ratio = peerValue === undefined ? '' : `× ${(value / peerValue).toFixed(2)}`;
  console.log(`${what.padEnd(52)} ${round(value).padStart(8)}   ${beside.padEnd(24)} ${ratio}`);
}

function round(value: number): string {
  if (value >= 100) return value.toFixed(0);
  return value >= 0.1 || value === 0 ? value.toFixed(2) : value.toPrecision(2);
}

export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}
