/**
 * Lets Node run the TypeScript of this repository as it stands: `node --import ./tests/setup/typescript.mjs FILE.ts`.
 * Types are dropped, not checked (`npm run typecheck` does); `./x.js` means the `x.ts` beside it where there is one.
 */
import { readFileSync } from 'node:fs';
import { register } from 'node:module';
import { fileURLToPath } from 'node:url';
import { isMainThread } from 'node:worker_threads';

/** @type {import('node:module').ResolveHook} */
export async function resolve(specifier, context, next) {
  if (/^\.\.?\/.*\.js$/.test(specifier) && context.parentURL?.endsWith('.ts')) {
    try {
      return await next(`${specifier.slice(0, -'.js'.length)}.ts`, context);
    } catch (error) {
      if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    }
  }
  return next(specifier, context);
}

/** @type {import('node:module').LoadHook} */
export async function load(url, context, next) {
  if (!url.startsWith('file:') || !url.endsWith('.ts')) return next(url, context);
  // Here, so that the thread that only registers does not wait for the compiler.
  const { default: typescript } = await import('typescript');
  const fileName = fileURLToPath(url);
  const { outputText } = typescript.transpileModule(readFileSync(fileName, 'utf8'), {
    fileName,
    compilerOptions: {
      module: typescript.ModuleKind.ESNext,
      target: typescript.ScriptTarget.ES2022,
      verbatimModuleSyntax: true,
      inlineSourceMap: true,
    },
  });
  return { format: 'module', source: outputText, shortCircuit: true };
}

// The hooks run in a thread of their own, which loads this same file.
if (isMainThread) register(import.meta.url);
