/**
 * The rooms and the floors they stand on (docs/ARCHITECTURE.md): an import goes down, never up, and rooms on one floor
 * never import each other.
 */
const floors = [
  ['core'],
  ['iam', 'scaling', 'costs', 'project', 'packaging', 'container', 'python'],
  ['aws'],
  ['inventory', 'logs', 'transfer'],
  ['hosting', 'functions', 'jobs', 'machines'],
  ['access', 'testBench'],
  ['launch'],
  ['lab'],
  ['ui'],
];
const room = (names) => `^src/(${names.join('|')})/`;

const floorRules = floors.flatMap((rooms, level) =>
  rooms.map((name) => ({
    name: `${name}-imports-only-from-below`,
    severity: 'error',
    from: { path: room([name]) },
    to: { path: '^src/.+/', pathNot: room([name, ...floors.slice(0, level).flat()]) },
  })),
);

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    ...floorRules,
    {
      name: 'vscode-only-in-ui',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(ui/|extension\\.ts$)' },
      to: { path: '^vscode$|@types/vscode' },
    },
    {
      name: 'sandbox-imports-only-pure-rooms',
      severity: 'error',
      from: { path: '^src/sandbox/' },
      to: { path: '^src/', pathNot: '^src/(sandbox|core|iam|scaling|container)/' },
    },
    {
      name: 'nothing-imports-the-sandbox',
      severity: 'error',
      from: { path: '^(src|media)/', pathNot: '^src/sandbox/' },
      to: { path: '^src/sandbox/' },
    },
    {
      name: 'media-imports-only-panel-protocols',
      severity: 'error',
      from: { path: '^media/' },
      to: { path: '^src/', pathNot: '^src/ui/panels/[^/]+\\.protocol\\.ts$' },
    },
    {
      // The bundle `aws.js` is loaded on first cloud use; everything else names the SDK in types only.
      name: 'aws-sdk-only-in-aws',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(aws|sandbox)/' },
      to: { path: 'node_modules/@(aws-sdk|smithy)/', dependencyTypesNot: ['type-only'] },
    },
    {
      // Of the SDK the sandbox uses only the checksums (CRC32C, CRC64NVME): clients are for tests.
      name: 'sandbox-uses-no-sdk-client',
      severity: 'error',
      from: { path: '^src/sandbox/' },
      to: {
        path: 'node_modules/@(aws-sdk|smithy)/',
        pathNot: 'node_modules/@aws-sdk/checksums',
        dependencyTypesNot: ['type-only'],
      },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
};
