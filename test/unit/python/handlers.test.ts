import { expect, test } from 'vitest';
import { scriptHandlers } from '../../../src/python/handlers.js';
import { Script } from '../../../src/python/script.js';

const found = (text: string, ...named: string[]) => {
  const { handlers, isWhole } = scriptHandlers(new Script(text), named);
  return {
    handlers: handlers.map(({ name, kind, offset }) => [name, kind, text.slice(offset).split('\n')[0]]),
    isWhole,
  };
};

test.each([
  ['def lambda_handler(event, context):\n    return event\n', 'lambda_handler'],
  ['def predict(event: Dict[str, Any], _context: object = None) -> dict:\n    return {}\n', 'predict'],
  ['async def f(event,\n    context,  # why\n):\n    pass\n', 'f'],
])('a function of event and context is a handler: %j', (text, name) => {
  expect(found(text)).toEqual({ handlers: [[name, 'lambda', text.split('\n')[0]]], isWhole: true });
});

test.each([
  'def on_event(event):\n    pass\n',
  'def f(context, event):\n    pass\n',
  'def f(event, context, more):\n    pass\n',
  'def f(first=event, second=context):\n    pass\n',
  'class A:\n    def f(event, context):\n        pass\n',
  'text = "def lambda_handler(event, context):"\n',
])('nothing else is one: %j', (text) => {
  expect(found(text).handlers).toEqual([]);
});

test('an entry names its own, whatever it takes; the lens stands over the decorators', () => {
  const text = '@traced\n@timed(1)\ndef answer(request, _):\n    pass\n';
  expect(found(text).handlers).toEqual([]);
  expect(found(text, 'answer').handlers).toEqual([['answer', 'lambda', '@traced']]);
});

test("a model server's functions are found, in the order of the source", () => {
  const text = 'def predict_fn(data, model):\n    pass\n\ndef model_fn(model_dir):\n    pass\n';
  expect(found(text).handlers.map(([name, kind]) => [name, kind])).toEqual([
    ['predict_fn', 'inference'],
    ['model_fn', 'inference'],
  ]);
});

test('a half-typed script says so', () => {
  expect(found('def lambda_handler(event, context):\n    x = (\n').isWhole).toBe(false);
});
