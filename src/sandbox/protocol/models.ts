import { Model, type ModelDocument } from './model.js';

const documents = {
  sagemaker: () => import('../models/sagemaker.json'),
  'sagemaker-runtime': () => import('../models/sagemaker-runtime.json'),
  sts: () => import('../models/sts.json'),
  iam: () => import('../models/iam.json'),
  logs: () => import('../models/logs.json'),
  cloudwatch: () => import('../models/cloudwatch.json'),
  lambda: () => import('../models/lambda.json'),
} satisfies Record<string, () => Promise<{ default: unknown }>>;

/**
 * The model of a service, by its id. It is parsed only now: a start pays for none of them.
 *
 * @throws {Error} when there is no such model
 */
export async function loadModel(id: string): Promise<Model> {
  if (!Object.hasOwn(documents, id)) throw new Error(`There is no model of a service ${id}.`);
  // The type that TypeScript infers for a file of 100 KB is no help: what the generator writes is a ModelDocument.
  const { default: document } = (await documents[id as keyof typeof documents]()) as { default: unknown };
  return new Model(id, document as ModelDocument);
}
