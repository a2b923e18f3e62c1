import table from '../../resources/instanceTypes.json' with { type: 'json' };

export interface InstanceType {
  readonly uses: readonly string[];
  readonly vcpu?: number;
  readonly memGiB?: number;
  readonly gpu?: { readonly count: number; readonly name: string; readonly memGiB: number };
  /** t2, t3: cannot be scaled automatically. */
  readonly burstable?: boolean;
  readonly usdPerHour?: number;
}

/** What is known of an instance type such as `ml.m5.xlarge`; undefined for one that the table does not know. */
export function instanceType(name: string): InstanceType | undefined {
  return (table.types as Readonly<Record<string, InstanceType>>)[name];
}

/** Where the prices come from and when they were written down: no price is shown without it. */
export const priceBasis = `on-demand in ${table.region}, table of ${table.date}`;

/** Every type that the table knows. */
export const instanceTypeNames: readonly string[] = Object.keys(table.types);
