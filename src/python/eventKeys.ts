import type { SyntaxNode } from '@lezer/common';
import type { Script } from './script.js';

/** What a Lambda handler reads of its event. */
export interface EventKeys {
  /** `event["url"]`, `event.get("url")`, `"url" in event`, in the order of the source. */
  readonly keys: readonly string[];
  /** Keys of the JSON in `event["body"]`, which API Gateway gives as a text. */
  readonly bodyKeys: readonly string[];
  /** The event is handed on whole, such as to the endpoint: `json.dumps(event)`. */
  readonly whole: boolean;
}

/** Undefined when the script has no such function, or it takes nothing. Functions of the script that get the event count. */
export function eventKeys(script: Script, handler: string): EventKeys | undefined {
  const functions = new Map<string, SyntaxNode>();
  for (const node of script.nodes('FunctionDefinition')) {
    const name = node.getChild('VariableName');
    if (name) functions.set(script.textOf(name), node);
  }
  const start = functions.get(handler);
  const event = start && parameters(script, start)[0];
  if (!start || event === undefined) return undefined;

  const keys = new Set<string>();
  const bodyKeys = new Set<string>();
  let whole = false;
  const seen = new Set<string>();
  /** Reads a function in which `name` is the event, or what its body holds. */
  const read = (body: SyntaxNode, name: string, into: Set<string>): void => {
    const place = `${body.from} ${name} ${into === keys}`;
    if (seen.has(place)) return;
    seen.add(place);
    for (const node of script.nodes('VariableName').filter((each) => inside(each, body))) {
      if (script.textOf(node) !== name) continue;
      const key = keyAt(script, node);
      if (key !== undefined) into.add(key);
      const alias = aliasOf(script, node, key, into === keys);
      if (alias) read(body, alias.name, alias.isBody ? bodyKeys : into);
      const call = key === undefined ? callWith(script, node) : undefined;
      const called = call && functions.get(call.callee);
      const parameter = called && parameters(script, called)[call.position];
      if (called && parameter !== undefined) {
        read(called, parameter, into);
        // What a function of the script makes of the event is taken for the event: `question = read_question(event)`.
        const made = targetOf(script, call.node);
        if (made !== undefined) read(body, made, into);
      } else if (
        call &&
        into === keys &&
        !/^(print|str|repr|len|isinstance|type|dict|logg\w*\.\w+)$/.test(call.callee)
      ) {
        whole = true;
      }
    }
  };
  read(start, event, keys);
  return { keys: [...keys], bodyKeys: [...bodyKeys], whole };
}

function inside(node: SyntaxNode, outer: SyntaxNode): boolean {
  return node.from >= outer.from && node.to <= outer.to;
}

/** Names of a function's parameters by position, without their types and defaults. */
function parameters(script: Script, definition: SyntaxNode): string[] {
  return (definition.getChild('ParamList')?.getChildren('VariableName') ?? []).map((node) => script.textOf(node));
}

/** The key that is read of a variable: `x["key"]`, `x.get("key")`, `"key" in x`. */
function keyAt(script: Script, node: SyntaxNode): string | undefined {
  const { parent } = node;
  const text = (each: SyntaxNode | null | undefined) => {
    const value = script.literal(each);
    return typeof value === 'string' ? value : undefined;
  };
  if (parent?.name === 'BinaryExpression' && /\bin\b/.test(script.textOf(parent))) return text(parent.firstChild);
  if (parent?.name !== 'MemberExpression' || parent.firstChild?.from !== node.from) return undefined;
  if (script.textOf(parent).startsWith(`${script.textOf(node)}[`)) return text(parent.getChild('String'));
  const call = parent.parent;
  if (call?.name !== 'CallExpression' || !/\.(get|pop)$/.test(script.textOf(parent))) return undefined;
  return text(script.argumentsOf(call).positional[0]);
}

/** `body = json.loads(event["body"])` gives what is in the body another name; `data = event` the event itself. */
function aliasOf(
  script: Script,
  node: SyntaxNode,
  key: string | undefined,
  isEvent: boolean,
): { name: string; isBody: boolean } | undefined {
  let statement: SyntaxNode | null = node;
  while (statement && statement.name !== 'AssignStatement') {
    if (/Statement$|Definition$|^Body$/.test(statement.name)) return undefined;
    statement = statement.parent;
  }
  const target = statement?.firstChild;
  const value = statement?.lastChild;
  if (!statement || !value || target?.name !== 'VariableName' || inside(node, target)) return undefined;
  const name = script.textOf(target);
  if (isEvent && key === 'body' && /\bloads\(/.test(script.textOf(value))) return { name, isBody: true };
  return key === undefined && value.from === node.from && value.to === node.to ? { name, isBody: !isEvent } : undefined;
}

/** The call that gets a variable as an argument, by position. */
function callWith(
  script: Script,
  node: SyntaxNode,
): { node: SyntaxNode; callee: string; position: number } | undefined {
  const call = node.parent?.name === 'ArgList' ? node.parent.parent : null;
  if (call?.name !== 'CallExpression' || !call.firstChild) return undefined;
  const position = script.argumentsOf(call).positional.findIndex(({ from }) => from === node.from);
  return { node: call, callee: script.textOf(call.firstChild), position };
}

/** The variable that a value is assigned to. */
function targetOf(script: Script, value: SyntaxNode): string | undefined {
  const statement = value.parent;
  const target = statement?.name === 'AssignStatement' ? statement.firstChild : null;
  return target?.name === 'VariableName' && target.from !== value.from ? script.textOf(target) : undefined;
}
