/**
 * `npm run bench [-- NAME...]`: every figure of docs/performance.md, as ratios to ceilings measured in the same run. Machines are shared and noisy:
 * compare ratios, not absolute numbers. `--quick` makes each run a tenth as long.
 */
import { printFigures } from './report.ts'
import type { Figure } from './report.ts'

const isQuick = process.argv.includes('--quick')
const names = process.argv.slice(2).filter((argument) => !argument.startsWith('--'))
const scaled = (count: number): number => (isQuick ? count / 10 : count)

// Each is loaded only when it runs: a browser's driver would count as memory of a node.
const benches: Record<string, () => Promise<Figure[]>> = {
  records: async () => (await import('./throughput.ts')).benchRecords('EdDSA', scaled(60_000) + 8000),
  es256: async () => (await import('./throughput.ts')).benchRecords('ES256', scaled(60_000) + 8000),
  readings: async () => (await import('./readings.ts')).benchReadings(scaled(20_000)),
  certificate: async () => (await import('./certificate.ts')).benchCertificate(scaled(1000)),
  gateway: async () => (await import('./gateway.ts')).benchGateway(scaled(20_000) + 300),
  pages: async () => (await import('./pages.ts')).benchPages(scaled(1000)),
  events: async () => (await import('./events.ts')).benchEvents(scaled(20_000)),
  http: async () => (await import('./http.ts')).benchHttp(scaled(40_000)),
  latency: async () => (await import('./latency.ts')).benchLatency(scaled(3000) + 300),
  several: async () => (await import('./several.ts')).benchSeveral(scaled(20_000)),
  sync: async () => (await import('./sync.ts')).benchSync(scaled(1_000_000)),
  scale: async () => (await import('./scale.ts')).benchScale(scaled(1_000_000)),
}

for (const name of names) {
  if (benches[name]) continue
  console.error(`Expected ${Object.keys(benches).join(', ')}; found ${name}.`)
  process.exit(2)
}
for (const [name, bench] of Object.entries(benches)) {
  if (names.length === 0 || names.includes(name)) printFigures(await bench())
}
