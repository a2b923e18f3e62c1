import type { SyntaxNode } from '@lezer/common';
import type { Script } from './script.js';

/** A function of a script that somebody else calls. */
export interface ScriptHandler {
  readonly name: string;
  /** `lambda` takes event and context; the others are what a model server calls. */
  readonly kind: 'lambda' | 'inference';
  /** UTF-16 offset of its definition, with its decorators. */
  readonly offset: number;
}

/** What a script has to be called by. */
export interface ScriptHandlers {
  readonly handlers: readonly ScriptHandler[];
  /** False while something is half typed: then there may be more than these. */
  readonly isWhole: boolean;
}

/** The model server's own functions (sagemaker-inference-toolkit, default_inference_handler.py). */
const inferenceFunctions = ['model_fn', 'input_fn', 'predict_fn', 'output_fn', 'transform_fn'];

/** @param named functions that are known to be handlers, whatever they take */
export function scriptHandlers(script: Script, named: readonly string[]): ScriptHandlers {
  const handlers = script.nodes('FunctionDefinition').flatMap((node): ScriptHandler[] => {
    const outer = node.parent?.name === 'DecoratedStatement' ? node.parent : node;
    const own = node.getChild('VariableName');
    if (outer.parent?.name !== 'Script' || !own) return [];
    const name = script.textOf(own);
    if (inferenceFunctions.includes(name)) return [{ name, kind: 'inference', offset: outer.from }];
    const isLambda = named.includes(name) || parameters(script, node).join() === 'event,context';
    return isLambda ? [{ name, kind: 'lambda', offset: outer.from }] : [];
  });
  return { handlers, isWhole: script.nodes('⚠').length === 0 };
}

/** Their names, without the underscores of those that are not used. */
function parameters(script: Script, definition: SyntaxNode): string[] {
  const names: string[] = [];
  let begins = true;
  for (let node = definition.getChild('ParamList')?.firstChild ?? null; node; node = node.nextSibling) {
    if (begins && node.name === 'VariableName') names.push(script.textOf(node).replace(/^_+/, ''));
    begins = node.name === '(' || node.name === ',';
  }
  return names;
}
