/** What an endpoint answered, as far as it can be understood without knowing its model. */
export type AnswerReading =
  | {
      readonly kind: 'classes';
      /** One row of numbers for each input, all of the same length. */
      readonly rows: readonly (readonly number[])[];
      /** Probabilities that the answer brings beside its scores, in the same rows. */
      readonly probabilities?: readonly (readonly number[])[];
      readonly names?: readonly string[];
    }
  /** Anything else is shown as it is, under this heading. */
  | { readonly kind: 'other'; readonly heading: string; readonly explanation?: string };

/** @param contentType of the answer; JSON is recognised also where it says something else */
export function readAnswer(text: string, contentType: string): AnswerReading {
  if (text.trim() === '') return { kind: 'other', heading: 'An empty answer' };
  const value = parseJson(text);
  if (value === undefined) return readCsv(text, contentType);
  const found = inValue(value);
  if (found) return checked(found);
  if (typeof value === 'number') return { kind: 'other', heading: `One number: ${value}` };
  const [row] = rowsOf(value) ?? [];
  if (row?.length === 1) {
    const several = Array.isArray(value) && value.length > 1;
    return { kind: 'other', heading: several ? 'One number for each input' : `One number: ${row[0]}` };
  }
  return { kind: 'other', heading: 'An answer without classes' };
}

type Found = Omit<Extract<AnswerReading, { kind: 'classes' }>, 'kind'>;

/** Keys under which answers hold their numbers, and those of the names beside them: as toolkits and examples write them. */
const numberKeys = ['scores', 'logits', 'probabilities', 'predictions', 'outputs'];
const nameKeys = ['labels', 'classes', 'class_names', 'label_names'];

function inValue(value: unknown): Found | undefined {
  const rows = rowsOf(value);
  if (rows) return rows.every((row) => row.length > 1) ? { rows } : undefined;
  const records = recordsOf(value);
  if (records) return records;
  if (!isRecord(value)) return undefined;
  const named = nameKeys.map((key) => value[key]).find(isNames);
  for (const key of numberKeys) {
    const rows = rowsOf(value[key]);
    if (rows?.every((row) => row.length > 1)) return named ? { rows, names: named } : { rows };
    const records = recordsOf(value[key]);
    if (records) return records;
  }
  return nameToNumber(value);
}

/** `[0.1, 0.9]` or `[[0.1, 0.9], [0.7, 0.3]]` */
function rowsOf(value: unknown): number[][] | undefined {
  if (isNumbers(value)) return [value.map(toNumber)];
  if (Array.isArray(value) && value.length > 0 && value.every(isNumbers)) return value.map((row) => row.map(toNumber));
  return undefined;
}

/** `[{"label": "cat", "score": 0.9}, …]`, with a list of the classes for each input around it or not. */
function recordsOf(value: unknown): Found | undefined {
  if (!Array.isArray(value) || value.length === 0) return undefined;
  if (value.length === 1 && Array.isArray(value[0])) return recordsOf(value[0]);
  const [first] = value as unknown[];
  if (!isRecord(first) || value.length < 2) return undefined;
  const nameKey = ['label', 'class', 'name', 'class_name'].find((key) => typeof first[key] === 'string');
  const probabilityKey = ['probability', 'confidence', 'prob'].find((key) => isNumber(first[key]));
  const scoreKey = isNumber(first['score']) ? 'score' : probabilityKey;
  if (nameKey === undefined || scoreKey === undefined) return undefined;
  const records = value.filter(
    (each): each is Record<string, unknown> =>
      isRecord(each) &&
      typeof each[nameKey] === 'string' &&
      isNumber(each[scoreKey]) &&
      (probabilityKey === undefined || isNumber(each[probabilityKey])),
  );
  if (records.length < value.length) return undefined;
  const column = (key: string) => records.map((record) => toNumber(record[key] as NumberLike));
  const scores = column(scoreKey);
  // The best few of many share less than one: their softmax would give them all of it.
  const shares = scores.every((score) => score >= 0) && scores.reduce((sum, score) => sum + score, 0) < 1.001;
  const given = probabilityKey !== undefined ? column(probabilityKey) : shares ? scores : undefined;
  const names = records.map((record) => String(record[nameKey]));
  return { rows: [scores], names, ...(given && { probabilities: [given] }) };
}

/** `{"cat": 0.9, "dog": 0.1}`: only where the numbers are probabilities, for `{"rmse": 3, "mae": 2}` looks the same. */
function nameToNumber(value: Record<string, unknown>): Found | undefined {
  const numbers = Object.values(value);
  if (numbers.length < 2 || !isNumbers(numbers)) return undefined;
  const row = numbers.map(toNumber);
  const sum = row.reduce((all, number) => all + number, 0);
  const shares = row.every((number) => number >= 0) && Math.abs(sum - 1) < 1e-3;
  return shares ? { rows: [row], names: Object.keys(value) } : undefined;
}

/** Rows of numbers, with a heading or without; a heading with `label` makes records of them. */
function readCsv(text: string, contentType: string): AnswerReading {
  const lines = text.trim().split(/\r?\n/).map(csvCells);
  const [head = []] = lines;
  const plain: AnswerReading = {
    kind: 'other',
    heading: contentType.startsWith('text/csv') ? 'A table without classes' : 'A text',
  };
  if (head.includes('label') || head.includes('class')) {
    const records = lines.slice(1).map((cells) =>
      Object.fromEntries(
        head.map((key, column) => {
          const cell = cells[column] ?? '';
          return [key, csvNumber(cell) ?? cell];
        }),
      ),
    );
    const found = recordsOf(records);
    return found ? checked(found) : plain;
  }
  const rows = lines.map((cells) => cells.map(csvNumber));
  const complete = rows.filter((row): row is NumberLike[] => row.every((cell) => cell !== undefined));
  if (complete.length < rows.length) return plain;
  const numbers = complete.map((row) => row.map(toNumber));
  // The inference toolkit writes a list of numbers as one number a line (sagemaker_inference/encoder.py, savetxt).
  const found = numbers.every((row) => row.length === 1) ? [numbers.flat()] : numbers;
  if (found[0]?.length === 1) return { kind: 'other', heading: `One number: ${found[0][0]}` };
  return checked({ rows: found });
}

/** A row with NaN has no probabilities, and rows of different lengths are not of one model. */
function checked(found: Found): AnswerReading {
  const { rows, names, probabilities } = found;
  const [first = []] = rows;
  if (rows.some((row) => row.length !== first.length)) {
    return { kind: 'other', heading: 'Rows of different lengths' };
  }
  const numbers = [...rows, ...(probabilities ?? [])].flat();
  const broken = numbers.filter((number) => Number.isNaN(number) || number === Infinity).length;
  const impossible = rows.some((row) => row.every((number) => number === -Infinity));
  if (broken > 0 || impossible) {
    return {
      kind: 'other',
      heading: broken > 0 ? `${broken} of ${numbers.length} numbers are NaN or infinite` : 'All numbers are -Infinity',
      explanation: 'They have no probabilities. The model has diverged, or the input was not what it was trained on.',
    };
  }
  const own = names && !arePositions(names) ? names : undefined;
  return { kind: 'classes', rows, ...(own && { names: own }), ...(probabilities && { probabilities }) };
}

/** What a script writes that knows no names: whoever reads it may know them. */
function arePositions(names: readonly string[]): boolean {
  return names.every((name, index) => name === String(index));
}

/** Python's json writes what JSON does not know: NaN, Infinity, -Infinity. They arrive here as texts of their own. */
const marker = '\u0000';
type NumberLike = number | `${typeof marker}${string}`;

/** JSON as Python writes it. Undefined when it is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Only what stands outside of strings is replaced.
    const marked = text.replace(/"(?:[^"\\]|\\.)*"|-?\bInfinity\b|\bNaN\b/g, (token) =>
      token.startsWith('"') ? token : JSON.stringify(`${marker}${token}`),
    );
    try {
      return JSON.parse(marked);
    } catch {
      return undefined;
    }
  }
}

function isNumber(value: unknown): value is NumberLike {
  return typeof value === 'number' || (typeof value === 'string' && value.startsWith(marker));
}

function isNumbers(value: unknown): value is NumberLike[] {
  return Array.isArray(value) && value.length > 0 && value.every(isNumber);
}

function toNumber(value: NumberLike): number {
  return typeof value === 'number' ? value : Number(value.slice(marker.length));
}

function isNames(value: unknown): value is string[] {
  return Array.isArray(value) && value.length > 0 && value.every((name) => typeof name === 'string');
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Of one line; a quoted cell may hold commas. */
function csvCells(line: string): string[] {
  return [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(([, quoted, bare]) =>
    quoted === undefined ? (bare ?? '').trim() : quoted.replaceAll('""', '"'),
  );
}

function csvNumber(cell: string): NumberLike | undefined {
  if (/^[+-]?nan$/i.test(cell)) return `${marker}NaN`;
  if (/^[+-]?inf(inity)?$/i.test(cell)) return `${marker}${cell.startsWith('-') ? '-' : ''}Infinity`;
  return cell === '' || Number.isNaN(Number(cell)) ? undefined : Number(cell);
}
