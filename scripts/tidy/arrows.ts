/** Who imports whom: arrows between packages (layers.json), what package.json declares, a package's own index, Node in pure packages. */
import { isBuiltin } from 'node:module'
import { dirname, join } from 'node:path/posix'
import type { Finding } from './finding.ts'
import type { Import } from './syntax.ts'
import type { Package, Source, Workspace } from './workspace.ts'

export function checkArrows(workspace: Workspace): Finding[] {
  return workspace.sources.flatMap((source) =>
    source.imports.flatMap((one) => {
      const broken = one.specifier.startsWith('.') ? brokenByPath(one, source, workspace) : brokenByName(one, source, workspace)
      return broken === undefined ? [] : [{ ...broken, path: source.path, line: one.line }]
    }),
  )
}

/** The name of the package in a specifier: `@noble/hashes` for `@noble/hashes/sha2.js`. */
function packageOf(specifier: string): string {
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/')
}

type Broken = Pick<Finding, 'message' | 'rule'> | undefined

function brokenByPath(one: Import, source: Source, { packages }: Workspace): Broken {
  // The launchers run before anything is installed: there are no names yet to import by.
  if (source.path.endsWith('.cjs')) return undefined
  const target = join(dirname(source.path), one.specifier)
  const owner = source.owner
  if (owner !== undefined && target === `${owner.folder}/src/index.ts`) {
    return { rule: 'own-index', message: `imports the index of its own package; import the file that has it` }
  }
  const entered = packages.find((other) => other !== owner && target.startsWith(`${other.folder}/`))
  if (entered !== undefined) return { rule: 'arrow', message: `reaches into ${entered.folder} by path; import ${entered.name} by its name` }
  // A document that is shown to people as it is has no owner.
  const isDocument = target.startsWith('docs/') && target.endsWith('.md?raw')
  if (owner !== undefined && !isDocument && !target.startsWith(`${owner.folder}/`)) {
    return { rule: 'arrow', message: `leaves its package (${one.specifier}); a package holds all that it needs` }
  }
  return undefined
}

function brokenByName(one: Import, source: Source, workspace: Workspace): Broken {
  const { specifier } = one
  const owner = source.owner
  const name = packageOf(specifier)
  if (isBuiltin(specifier)) {
    return owner?.pure === true && !source.isTest
      ? { rule: 'pure', message: `imports ${specifier}; ${owner.layer} is pure and runs without Node` }
      : undefined
  }
  const target = workspace.packages.find((other) => other.name === name)
  if (owner !== undefined && target === owner) return { rule: 'own-index', message: `imports its own package; import the file by its relative path` }
  return brokenByLayer(owner, target, source) ?? brokenByDeclaration(name, target, source, workspace)
}

function brokenByLayer(owner: Package | undefined, target: Package | undefined, source: Source): Broken {
  if (owner === undefined || target === undefined || owner.mayImport.includes(target.layer)) return undefined
  if (target.dev === true && source.isTest) return undefined
  const allowed = owner.mayImport.length === 0 ? 'no other package' : owner.mayImport.join(', ')
  return { rule: 'arrow', message: `imports ${target.name}; ${owner.layer} may import ${allowed}` }
}

/** Tests may also use what the root declares for development, and the packages made for tests. */
function brokenByDeclaration(name: string, target: Package | undefined, source: Source, workspace: Workspace): Broken {
  const { owner, isTest } = source
  if (owner === undefined) {
    if (target !== undefined || workspace.rootDependencies.includes(name)) return undefined
    return { rule: 'undeclared', message: `imports ${name}, which package.json at the root does not declare` }
  }
  if (owner.dependencies.includes(name)) return undefined
  if (isTest && (target?.dev === true || owner.devDependencies.includes(name) || workspace.rootDependencies.includes(name))) return undefined
  return { rule: 'undeclared', message: `imports ${name}, which ${owner.folder}/package.json does not declare` }
}
