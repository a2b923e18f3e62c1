import js from '@eslint/js';
import prettier from 'eslint-config-prettier';
import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';

export default defineConfig(
  { ignores: ['dist/', 'out/', 'node_modules/', 'training/', '.dependency-cruiser.cjs'] },
  js.configs.recommended,
  tseslint.configs.recommendedTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', ignoreRestSiblings: true }],
      // A handler may be async because its interface is: the promise is the point, not an await inside.
      '@typescript-eslint/require-await': 'off',
      // The SDK's and esbuild's objects are taken apart by name all over; their functions do not use `this`.
      '@typescript-eslint/unbound-method': 'off',
      // TypeScript checks names, in the scripts too (checkJs).
      'no-undef': 'off',
      eqeqeq: 'error',
      'no-console': 'error',
    },
  },
  // The programs that talk to a terminal.
  {
    files: ['scripts/**', 'test/bench/**', 'test/host/**', 'test/vscode/run.ts', '*.mjs'],
    rules: { 'no-console': 'off' },
  },
  // A script's JSON is what its JSDoc says it is: plain JavaScript has no cast.
  {
    files: ['**/*.mjs'],
    rules: { '@typescript-eslint/no-unsafe-return': 'off', '@typescript-eslint/no-unsafe-assignment': 'off' },
  },
  prettier,
);
