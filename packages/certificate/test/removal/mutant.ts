import { registerHooks } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { verifyCertificate } from '../../src/verify/verifier.ts'
import { ROOT } from './checks.ts'
import type { Check } from './checks.ts'

/** Verifiers from which a check was taken: each is loaded anew, in this process, from the same files but for that one place. */
export interface Mutants {
  load(check: Check): Promise<typeof verifyCertificate>
  close(): void
}

const MARK = 'removal'
const ENTRY = pathToFileURL(join(ROOT, 'packages/certificate/src/verify/verifier.ts')).href

export function createMutants(): Mutants {
  const removals: Check[] = []
  const hooks = registerHooks({
    resolve(specifier, context, next) {
      const resolved = next(specifier, context)
      const mark = context.parentURL && new URL(context.parentURL).searchParams.get(MARK)
      return mark && isReloaded(resolved.url, removals[Number(mark)] as Check) ? { ...resolved, url: `${resolved.url}?${MARK}=${mark}` } : resolved
    },
    load(url, context, next) {
      const loaded = next(url, context)
      const mark = new URL(url).searchParams.get(MARK)
      const check = mark ? removals[Number(mark)] : undefined
      if (!check || fileURLToPath(url) !== join(ROOT, check.path)) return loaded
      const source = Buffer.from(loaded.source as Uint8Array).toString('utf8')
      return { ...loaded, source: source.slice(0, check.start) + check.replacement + source.slice(check.end) }
    },
  })
  return {
    async load(check) {
      removals.push(check)
      const { verifyCertificate } = (await import(`${ENTRY}?${MARK}=${removals.length - 1}`)) as { verifyCertificate: Mutants extends { load(check: Check): Promise<infer Verify> } ? Verify : never }
      return verifyCertificate
    },
    close: () => hooks.deregister(),
  }
}

/** Whoever imports the changed file has to be loaded anew too: the certificate package, and for a file of core everything of ours that stands on it. */
function isReloaded(url: string, { path }: Check): boolean {
  const [, group = ''] = path.split('/')
  const reloaded = group === 'core' ? ['core', 'ledger', 'certificate'] : ['certificate']
  return reloaded.some((name) => url.startsWith(pathToFileURL(join(ROOT, 'packages', name, 'src/')).href))
}
