import { FORGERIES } from './all.ts'
import { forge, judge } from './outcome.ts'
import { createWorld } from './world.ts'
const world = await createWorld()
for (const [n, f] of Object.entries(world.honest)) { const r = await judge(f.bytes, f.question, null, world); console.log(n, f.bytes.length, r.summary, r.code, r.lamp) }
let bad = 0
const t = performance.now()
for (const f of FORGERIES) {
  try {
    const { bytes, question } = await forge(f, world)
    const o = await judge(bytes, question, f.lamp, world)
    const ok = o.lamp === f.lamp && o.code === f.code && o.state === (f.state ?? 'refuted') && o.summary !== 'holds'
    if (!ok) { bad++; console.log('✘', f.name, '| expected', f.lamp, f.state ?? 'refuted', f.code, '| got', o.lamp, o.state, o.code, o.summary) }
  } catch (e) { bad++; console.log('!!', f.name, (e as Error).stack?.split('\n').slice(0,4).join(' ')) }
}
console.log(FORGERIES.length, 'forgeries', bad, 'bad', new Set(FORGERIES.map(f=>f.name)).size, performance.now()-t)
