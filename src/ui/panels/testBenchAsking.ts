import path from 'node:path';
import * as vscode from 'vscode';
import { settings } from '../../contributions.js';
import { Interpreters } from '../../core/interpreter.js';
import type { Asking } from '../../testBench/ask.js';
import { LocalScripts } from '../../testBench/localScripts.js';
import { ModelFolders } from '../../testBench/modelFolders.js';
import { ModelLabels } from '../../testBench/modelLabels.js';
import type { ScriptCloud } from '../../testBench/scriptEnvironment.js';
import type { Parts } from '../parts.js';
import type { Target } from './testBench.protocol.js';
import { Asker } from './testBenchAsk.js';

/** What one test bench asks with; its scripts stay loaded between two questions. */
export class Askers {
  private readonly labels = new ModelLabels();
  private readonly scripts: LocalScripts;

  constructor(private readonly parts: Parts) {
    const { extension, storage } = parts;
    const folder = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath;
    const models = folder === undefined ? storage.fsPath : path.join(folder, '.sagemaker');
    this.scripts = new LocalScripts({
      resources: vscode.Uri.joinPath(extension, 'resources', 'python').fsPath,
      python: () => pythonOf(folder ?? storage.fsPath, storage.fsPath),
      models: new ModelFolders(path.join(models, 'models')),
      environment: process.env,
    });
  }

  /** A target as it is asked now. @throws {UserError} when the cloud that it is in cannot be connected to */
  async of(target: Target, signal: AbortSignal): Promise<Asker> {
    const { connections, projectFiles } = this.parts;
    if (target.kind !== 'script') await connections.cloud();
    const reachable = await this.reachable(signal);
    const asking: Asking = { cloud: () => connections.cloud(), scripts: this.scripts, reachable };
    return new Asker(this.parts, asking, this.labels, target, await projectFiles.all());
  }

  dispose(): void {
    this.scripts.dispose();
  }

  /** The sandbox, while it is what the window is connected to. */
  private async reachable(signal: AbortSignal): Promise<ScriptCloud | undefined> {
    const { connections, sandbox } = this.parts;
    if (connections.choice.kind !== 'sandbox' || connections.state.status !== 'connected') return undefined;
    const { endpoint, region, profile, configFile, credentialsFile } = await sandbox.source(signal);
    return endpoint && region && profile && configFile && credentialsFile
      ? { endpoint, region, profile, configFile, credentialsFile }
      : undefined;
  }
}

/** The Python that the sandbox would take. */
async function pythonOf(workingFolder: string, storage: string): Promise<string> {
  const configured = vscode.workspace.getConfiguration().get<string>(settings.sandboxPython);
  const interpreters = new Interpreters({
    configured: configured || undefined,
    workingFolder,
    searchPath: process.env['PATH'],
    cacheFile: path.join(storage, 'interpreters.json'),
  });
  return (await interpreters.find()).path;
}
