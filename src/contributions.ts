/** Every id that package.json and the code share. test/unit/contributions.test.ts compares the two, both ways. */
export const commands = {
  switchConnection: 'sagemakerWorkbench.connection.switch',
  retryConnection: 'sagemakerWorkbench.connection.retry',
  startSandbox: 'sagemakerWorkbench.sandbox.start',
  stopSandbox: 'sagemakerWorkbench.sandbox.stop',
  resetSandbox: 'sagemakerWorkbench.sandbox.reset',
  newProjectFile: 'sagemakerWorkbench.project.new',
  openSample: 'sagemakerWorkbench.sample.open',
  openEntry: 'sagemakerWorkbench.entry.open',
  uploadData: 'sagemakerWorkbench.data.upload',
  launchJob: 'sagemakerWorkbench.job.launch',
  stopJob: 'sagemakerWorkbench.job.stop',
  openJob: 'sagemakerWorkbench.job.open',
  openTuningJob: 'sagemakerWorkbench.tuning.open',
  openOutput: 'sagemakerWorkbench.job.openOutput',
  newTuningJob: 'sagemakerWorkbench.tuning.new',
  tryMetric: 'sagemakerWorkbench.metric.try',
  trainBest: 'sagemakerWorkbench.tuning.trainBest',
  stopTuningJob: 'sagemakerWorkbench.tuning.stop',
  deployBest: 'sagemakerWorkbench.tuning.deployBest',
  deployEndpoint: 'sagemakerWorkbench.endpoint.deploy',
  testEndpoint: 'sagemakerWorkbench.endpoint.test',
  deleteEndpoint: 'sagemakerWorkbench.endpoint.delete',
  deleteModel: 'sagemakerWorkbench.model.delete',
  newFunction: 'sagemakerWorkbench.function.new',
  deployFunction: 'sagemakerWorkbench.function.deploy',
  testFunction: 'sagemakerWorkbench.function.test',
  deleteFunction: 'sagemakerWorkbench.function.delete',
  testScript: 'sagemakerWorkbench.script.test',
  showResourceLog: 'sagemakerWorkbench.resource.showLog',
  copyArn: 'sagemakerWorkbench.resource.copyArn',
  refresh: 'sagemakerWorkbench.resources.refresh',
  filter: 'sagemakerWorkbench.resources.filter',
  clearFilter: 'sagemakerWorkbench.resources.clearFilter',
  loadMore: 'sagemakerWorkbench.resources.loadMore',
  showLog: 'sagemakerWorkbench.showLog',
} as const;
export type Command = (typeof commands)[keyof typeof commands];

export const views = { resources: 'sagemakerWorkbench.resources', project: 'sagemakerWorkbench.project' } as const;

export const settings = {
  sandboxDataFolder: 'sagemakerWorkbench.sandbox.dataFolder',
  sandboxPython: 'sagemakerWorkbench.sandbox.python',
  sandboxTunerPython: 'sagemakerWorkbench.sandbox.tunerPython',
  pace: 'sagemakerWorkbench.watching.pace',
  logLines: 'sagemakerWorkbench.log.lines',
  confirmAbove: 'sagemakerWorkbench.launch.confirmAbove',
} as const;

export const contextKeys = {
  /** `idle`, `connecting`, `connected` or `failed`. */
  connection: 'sagemakerWorkbench.connection',
  /** Whether the resources are filtered. */
  filtered: 'sagemakerWorkbench.filtered',
} as const;

/** What a tree node can do, as menus see it in its contextValue: `viewItem =~ /\bstoppable\b/`. */
export const capabilities = [
  'launchable',
  'uploadable',
  'stoppable',
  'stoppableTuning',
  'hasBest',
  'watchableTuning',
  'watchable',
  'hasLog',
  'hasOutput',
  'deployable',
  'testable',
  'deletableEndpoint',
  'deletableModel',
  'deployableFunction',
  'testableFunction',
  'deletableFunction',
  'hasArn',
  'hasEntry',
] as const;
export type Capability = (typeof capabilities)[number];

export const logScheme = 'sagemaker-log';
export const logLanguage = 'sagemaker-log';

export const panels = {
  launch: 'sagemakerWorkbench.launch',
  job: 'sagemakerWorkbench.job',
  tuning: 'sagemakerWorkbench.tuning',
  metricRegex: 'sagemakerWorkbench.metricRegex',
  testBench: 'sagemakerWorkbench.testBench',
} as const;
export type PanelType = (typeof panels)[keyof typeof panels];
