#!/usr/bin/env node
// Makes a component of a module and all that it imports: `cogen-build app.js app.wasm`. The module may be in TypeScript, which
// is read without being checked.

import { rename, rm, writeFile } from 'node:fs/promises';
import { SourceMap } from 'node:module';
import { dirname, join, relative, resolve, sep } from 'node:path';
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

/** The one source file that a component is made of, and where its lines come from. */
async function bundle(file) {
  const { outputFiles } = await build({
    stdin: { contents: entry, resolveDir: dirname(module), sourcefile: join(sdk, 'src/main.js') },
    alias: { cogen: join(sdk, 'src/index.ts') },
    external: ['cogen:*', 'wasi:*'],
    bundle: true,
    format: 'esm',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    // What the engine's JavaScript knows; `using` is rewritten.
    target: 'es2023',
    // The name of its class is how an error is told.
    keepNames: true,
    outfile: file,
    sourcemap: 'external',
    sourcesContent: false,
    write: false,
    logLevel: 'warning',
  });
  const [map, code] = outputFiles.map(({ text }) => text);
  return `${code}\n;globalThis.__cogen_origins = ${JSON.stringify(JSON.stringify(origins(code, JSON.parse(map), dirname(file))))};`;
}

/** For each line of the code its file, relative to where this runs, and its line there; nothing for lines of this package. */
function origins(code, map, folder) {
  const mapped = new SourceMap(map);
  const files = map.sources.map((source) => relative('.', resolve(folder, source)));
  const own = map.sources.map((source) => `${resolve(folder, source)}`.startsWith(`${join(sdk, 'src')}${sep}`));
  const lines = code.split('\n').map((line, at) => {
    const { originalSource, originalLine } = mapped.findEntry(at, line.search(/\S|$/));
    const file = map.sources.indexOf(originalSource);
    return file < 0 || own[file] ? null : [file, originalLine + 1];
  });
  return { files, lines };
}

/** What went wrong when the module was run for the first time: of what it may not do then, without the engine's own stack. */
function inWords({ message }) {
  const [, from, name] = /attempted to call an unknown imported function: '(.*)' '(.*)'/.exec(message) ?? [];
  if (name === undefined) return message;
  return `a module is imported when its component is built, and cannot ask for ${name} of ${from} then: do that in a function`;
}

const bundled = `${component}.bundle.js`;
try {
  await writeFile(bundled, await bundle(bundled));
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
  if (!('errors' in error)) console.error(inWords(error));
  process.exitCode = 1;
} finally {
  await rm(bundled, { force: true });
}
