import type { ConnectionChoice } from '../../aws/connections.js';

/** How a connection is called in the window: `Sandbox`, `AWS dev · eu-west-1`. */
export function connectionLabel(choice: ConnectionChoice, region?: string): string {
  if (choice.kind === 'sandbox') return 'Sandbox';
  const where = region ?? choice.region;
  return `AWS ${choice.profile}${where === undefined ? '' : ` · ${where}`}`;
}
