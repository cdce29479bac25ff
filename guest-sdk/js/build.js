#!/usr/bin/env node
// Makes a component of a module and all that it imports: `cogen-build app.js app.wasm`. The module may be in TypeScript, which
// is read without being checked.

import { rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { componentize } from '@bytecodealliance/componentize-js';
import { build } from 'esbuild';

const USAGE = 'usage: cogen-build [--sdk FOLDER] MODULE COMPONENT';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  // Where this package is, for those who have installed its tools elsewhere.
  options: { sdk: { type: 'string', default: dirname(fileURLToPath(import.meta.url)) } },
});
if (positionals.length !== 2) {
  console.error(USAGE);
  process.exit(2);
}
const [module, component] = positionals.map((path) => resolve(path));
const sdk = resolve(values.sdk);

/** The world's `run`, which is the package's affair, around the default export of the user's module. */
const entry = `
  import { enter } from ${JSON.stringify(join(sdk, 'src/entry.ts'))};
  import entry from ${JSON.stringify(module)};
  export const run = (args) => enter(entry, args);
`;

/** The one source file that a component is made of, written where stacks name it. */
async function bundle(file) {
  await build({
    stdin: { contents: entry, resolveDir: dirname(module), sourcefile: 'entry.js' },
    alias: { cogen: join(sdk, 'src/index.ts') },
    external: ['cogen:*', 'wasi:*'],
    bundle: true,
    format: 'esm',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    // What the engine's JavaScript knows; `using` is rewritten.
    target: 'es2023',
    outfile: file,
    logLevel: 'warning',
  });
}

const bundled = `${component}.bundle.js`;
try {
  await bundle(bundled);
  const made = await componentize({
    sourcePath: bundled,
    witPath: join(sdk, '../../wit'),
    worldName: 'coroutine',
    disableFeatures: ['http', 'fetch-event'],
  });
  // Whoever is building another one, or is interrupted, never leaves half of a component under its name.
  await writeFile(`${component}.new`, made.component);
  await rename(`${component}.new`, component);
} catch (error) {
  // What esbuild found wrong, it has said.
  if (!('errors' in error)) console.error(error.message);
  process.exitCode = 1;
} finally {
  await rm(bundled, { force: true });
}
