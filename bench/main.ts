/**
 * `npm run bench [-- NAME...]`: every figure of docs/performance.md, as ratios to ceilings measured in the same run. Machines are shared and noisy:
 * compare ratios, not absolute numbers. `--quick` makes each run a tenth as long.
 */
import { benchCertificate } from './certificate.ts'
import { benchEvents } from './events.ts'
import { benchGateway } from './gateway.ts'
import { benchHttp } from './http.ts'
import { benchLatency } from './latency.ts'
import { benchPages } from './pages.ts'
import { benchReadings } from './readings.ts'
import { printFigures } from './report.ts'
import type { Figure } from './report.ts'
import { benchScale } from './scale.ts'
import { benchRecords } from './throughput.ts'

const isQuick = process.argv.includes('--quick')
const names = process.argv.slice(2).filter((argument) => !argument.startsWith('--'))
const scaled = (count: number): number => (isQuick ? count / 10 : count)

const benches: Record<string, () => Promise<Figure[]>> = {
  records: () => benchRecords('EdDSA', scaled(60_000) + 8000),
  es256: () => benchRecords('ES256', scaled(60_000) + 8000),
  readings: () => benchReadings(scaled(20_000)),
  certificate: () => benchCertificate(scaled(1000)),
  gateway: () => benchGateway(scaled(20_000) + 300),
  pages: () => benchPages(scaled(1000)),
  events: () => benchEvents(scaled(20_000)),
  http: () => benchHttp(scaled(40_000)),
  latency: () => benchLatency(scaled(3000) + 300),
  scale: () => benchScale(scaled(1_000_000)),
}

for (const name of names) {
  if (benches[name]) continue
  console.error(`Expected ${Object.keys(benches).join(', ')}; found ${name}.`)
  process.exit(2)
}
for (const [name, bench] of Object.entries(benches)) {
  if (names.length === 0 || names.includes(name)) printFigures(await bench())
}
