import type { Target, Targets } from '../../src/ui/panels/testBench.protocol.js';

/** `breeds`, `breeds, variant B`, `breeds-api:live`, `inference.py`. */
export function nameOf(target: Target): string {
  switch (target.kind) {
    case 'endpoint':
      return target.variant === undefined ? target.name : `${target.name}, variant ${target.variant}`;
    case 'function':
      return target.qualifier === undefined ? target.name : `${target.name}:${target.qualifier}`;
    case 'script':
      return target.file.split(/[\\/]/).at(-1) ?? target.file;
  }
}

/** Without its variant, alias or version. */
export function wholeOf(target: Target): Target {
  return target.kind === 'script' ? target : { kind: target.kind, name: target.name };
}

/** Whether two are the same but for variant, alias or version. */
export function isSame(a: Target | undefined, b: Target | undefined): boolean {
  return a !== undefined && b !== undefined && keyOf(a) === keyOf(b);
}

export function keyOf(target: Target): string {
  return target.kind === 'script'
    ? `script ${target.file} ${target.handler ?? ''} ${target.entry ?? ''}`
    : `${target.kind} ${target.name}`;
}

/** Whether it takes an event, which is JSON, and no body of any type. */
export function takesEvent(target: Target | undefined): boolean {
  return target?.kind === 'function' || (target?.kind === 'script' && target.handler !== undefined);
}

/** All that can be chosen, in the order in which they are shown. */
export function choices({ endpoints, functions, scripts }: Targets): Target[] {
  return [
    ...endpoints.map((name): Target => ({ kind: 'endpoint', name })),
    ...functions.map((name): Target => ({ kind: 'function', name })),
    ...scripts.map(({ target }) => target),
  ];
}
