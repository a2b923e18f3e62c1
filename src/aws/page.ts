/** The most that SageMaker's List operations answer at once; without it they answer 10 (API reference). */
export const pageSize = 100;
/** Lambda's most (ListFunctions, API reference). */
export const functionPageSize = 50;

/** What List operations take: always as many items as they answer at most, newest first (Lambda's functions: in no order). */
export interface PageRequest {
  /** Of the page before. */
  readonly token?: string;
  /** Only what was created after this. */
  readonly createdAfter?: Date;
}

export interface Page<T> {
  readonly items: readonly T[];
  /** Undefined on the last page. */
  readonly token: string | undefined;
}
