/** A number with as many digits as say something: 0.00231, 64, 1e-4, 1.2e-7. */
export function number(value: number): string {
  const text = String(Number(value.toPrecision(3)));
  const size = Math.abs(value);
  return size !== 0 && (size < 1e-3 || size >= 1e5) ? Number(value.toPrecision(3)).toExponential() : text;
}

/** `3.2 s`, `4 min 10 s`. */
export function time(seconds: number): string {
  if (seconds < 60) return `${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s`;
  return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
}
