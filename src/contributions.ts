/** Every id that package.json and the code share. test/unit/contributions.test.ts compares the two, both ways. */
export const commands = {
  startSandbox: 'sagemakerWorkbench.sandbox.start',
  showLog: 'sagemakerWorkbench.showLog',
} as const;
export type Command = (typeof commands)[keyof typeof commands];

export const settings = { sandboxDataFolder: 'sagemakerWorkbench.sandbox.dataFolder' } as const;
