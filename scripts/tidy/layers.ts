/** layers.json itself: every package has its line, names exist, and the arrows make no circle. */
import type { Finding } from './finding.ts'
import { stronglyConnected } from './cycles.ts'
import type { Workspace } from './workspace.ts'

export function checkLayers({ packages, unlayered }: Workspace): Finding[] {
  const finding = (message: string): Finding => ({ rule: 'layers', path: 'layers.json', line: 1, message })
  const layers = new Map(packages.map((one) => [one.layer, one.mayImport]))
  const unknown = packages.flatMap((one) => one.mayImport.filter((name) => !layers.has(name)).map((name) => `${one.layer} may import ${name}, which has no line`))
  return [
    ...unlayered.map((folder) => finding(`${folder} has no line`)),
    ...unknown.map(finding),
    ...stronglyConnected(layers).map((circle) => finding(`the layers ${circle.join(', ')} may import each other in a circle`)),
  ]
}
