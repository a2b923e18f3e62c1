/** What of a valibot schema says which keys may stand where. */
interface SchemaNode {
  readonly type?: string;
  readonly literal?: unknown;
  readonly entries?: Readonly<Record<string, SchemaNode>>;
  readonly value?: SchemaNode;
  readonly wrapped?: SchemaNode;
  readonly options?: readonly SchemaNode[];
  readonly pipe?: readonly SchemaNode[];
}

/**
 * The keys that the object at `path` could still have, by its schema.
 * @param object as it stands there: its keys are taken, and its `kind` tells which of several schemas it means
 */
export function missingKeys(
  schema: object,
  path: readonly (string | number)[],
  object: Readonly<Record<string, unknown>>,
): string[] {
  let nodes = alternatives(schema);
  for (const key of path) nodes = nodes.flatMap(({ entries, value }) => alternatives(entries?.[key] ?? value ?? {}));
  const keys = nodes
    .filter(({ entries = {} }) => Object.entries(entries).every(([key, node]) => agrees(node, object[key])))
    .flatMap(({ entries = {} }) => Object.keys(entries));
  return [...new Set(keys)].filter((key) => !(key in object));
}

/** The objects and records that a schema allows: it may be optional, refined by a pipe, or one of several. */
function alternatives(schema: SchemaNode): SchemaNode[] {
  const { wrapped, options = [], pipe = [] } = schema;
  // A pipe has the schema that it begins with as its first item, and is that schema, too.
  if (pipe.length > 0) return pipe.flatMap((item) => (item === schema ? [] : alternatives(item)));
  if (wrapped) return alternatives(wrapped);
  return options.length > 0 ? options.flatMap(alternatives) : [schema];
}

function agrees({ type, literal }: SchemaNode, value: unknown): boolean {
  return type !== 'literal' || value === undefined || value === literal;
}
