import assert from 'node:assert/strict'
import { existsSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { suite, test } from 'node:test'
import { ROOT, done, scratchFolder, telltale, telltaleJson } from './command.ts'

const SHARED = resolve(ROOT, '../shared/data')
const LOG = join(SHARED, 'candump/toyota-rav4-comma2k19-60s.log')

interface Line {
  path: string
  value: number
  unit: string
  raw: { value: number; unit: string } | null
  source: string
}

suite('a real drive', { skip: existsSync(LOG) ? false : `${LOG} is not here` }, () => {
  const folder = scratchFolder()
  const data = join(folder, 'car')
  const importLog = ['import', LOG, '--dbc', join(SHARED, 'dbc/_toyota_2017.dbc'), '--map', join(ROOT, 'mappings/toyota-rav4-2017.json'), '--data', data]

  test('the odometer is kept as the car said it and in metres, and the certificate outlives the ledger', async () => {
    const first = await done<{ network: string; refused: number; streams: Record<string, { total: number }> }>(importLog)
    assert.equal(first.refused, 0)
    const { out } = await telltale(['export', '--data', data, '--format', 'json'])
    const lines = out.trimEnd().split('\n').map((line) => JSON.parse(line) as Line)
    const odometer = lines.filter(({ path }) => path === 'Vehicle.TraveledDistance')
    const steps = odometer.filter((line, i) => i === 0 || line.value !== odometer[i - 1]?.value).map(({ value, unit, raw }) => ({ value, unit, raw }))
    assert.deepEqual(steps, [
      { value: 25_088_064, unit: 'm', raw: { value: 15_589, unit: 'mi' } },
      { value: 25_089_673, unit: 'm', raw: { value: 15_590, unit: 'mi' } },
    ])
    assert.match(odometer[0]?.source ?? '', /^can:0x611:/)
    assert.ok(lines.some(({ path, unit }) => path === 'Vehicle.Speed' && unit === 'km/h'))
    const certificate = join(folder, 'car.telltale')
    await done(['certificate', '--data', data, '--out', certificate])
    const second = await done<{ network: string; streams: Record<string, { total: number }> }>([...importLog, '--again'])
    assert.deepEqual([second.network, second.streams['odometer']?.total], [first.network, 2 * (first.streams['odometer']?.total ?? 0)])
    rmSync(join(data, 'store'), { recursive: true })
    const { status, document } = await telltaleJson<{ lamps: Record<string, { state: string }> }>(['verify', certificate, '--network', first.network, '--reading', '15590 mi'])
    assert.deepEqual([status, document.lamps['reading']?.state], [0, 'holds'])
  })
})
