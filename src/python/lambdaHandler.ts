import type { SyntaxNode } from '@lezer/common';
import type { Script } from './script.js';

/** What a module says of the function that is to answer events. */
export interface HandlerReading {
  /** Whether the module has that name: a function, or whatever else it binds it to. */
  readonly isDefined: boolean;
  /** Functions that it could be, at the top level. */
  readonly functions: readonly string[];
  /** Whether it speaks of pictures, `image/jpeg` or `event["image"]`: then it holds them in memory, several times. */
  readonly takesImages: boolean;
}

export function readHandler(script: Script, name: string): HandlerReading {
  const functions = script.functions();
  return {
    isDefined: functions.includes(name) || binds(script, name),
    functions,
    takesImages: script
      .nodes('String')
      .some((node) => /^\w*["']image(\/(jpeg|png|webp|gif|x-image)\b.*)?["']$/.test(script.textOf(node))),
  };
}

/** Functions are decorated, wrapped or imported: `handler = Mangum(app)`, `from api import handler`, `from api import *`. */
function binds(script: Script, name: string): boolean {
  return script.nodes('AssignStatement', 'ImportStatement', 'FunctionDefinition').some((node) => {
    if (!isTopLevel(node)) return false;
    const names = node.getChildren('VariableName').map((one) => script.textOf(one));
    return names.includes(name) || (node.name === 'ImportStatement' && node.getChild('*') !== null);
  });
}

/** Also within `if` and `try`, which have no names of their own. */
function isTopLevel({ parent }: SyntaxNode): boolean {
  for (let node = parent; node; node = node.parent) {
    if (node.name === 'FunctionDefinition' || node.name === 'ClassDefinition') return false;
  }
  return true;
}
