/** A number with as many digits as say something: 0.00231, 64, 1e-4, 0.99987. */
export function number(value: number): string {
  const rounded = Number(value.toPrecision(3));
  // What is close to 1 is told by how far it is from it.
  if (rounded === 1 && value < 1) return value.toFixed(1 - Math.floor(Math.log10(1 - value)));
  const size = Math.abs(value);
  return size !== 0 && (size < 1e-3 || size >= 1e5) ? rounded.toExponential() : String(rounded);
}

/** `3.2 s`, `4 min 10 s`. */
export function time(seconds: number): string {
  if (seconds < 60) return `${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s`;
  return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
}
