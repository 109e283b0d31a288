import { useMantineColorScheme } from '@mantine/core'
import { useElementSize } from '@mantine/hooks'
import { useEffect, useMemo, useRef, useState } from 'react'
import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import layout from '../shell/layout.module.css'
import { words } from '../words.ts'
import { drawScale } from './scale.ts'
import styles from './chart.module.css'

export interface Series {
  /** Ascending, in milliseconds. */
  timesMs: number[]
  /** Null where there is a gap. */
  values: (number | null)[]
  /** Places that arrived late, by index. */
  late?: number[]
}

interface ChartProps {
  title: string
  series: Series
  unit: string
  /** How a time reads: of the day, or since the start. */
  timeText: (ms: number) => string
  valueText: (value: number) => string
  height?: number
}

const TABLE_ROWS_MAX = 400

/** One series: labels inside, gaps as gaps, late data marked, the figure under the pointer as text, and a table behind it. */
export function Chart({ title, series, unit, timeText, valueText, height = 130 }: ChartProps) {
  const { ref, width } = useElementSize()
  const host = useRef<HTMLDivElement>(null)
  const { colorScheme } = useMantineColorScheme()
  const [pointed, setPointed] = useState<number | null>(null)
  const data = useMemo((): uPlot.AlignedData => [series.timesMs, series.values], [series])
  useEffect(() => {
    const element = host.current
    if (!element || width === 0) return undefined
    const plot = new uPlot(plotOptions(element, { width, height, unit, series, onPoint: setPointed }), data, element)
    return () => plot.destroy()
  }, [data, width, height, unit, series, colorScheme])
  const shown = pointed ?? series.values.findLastIndex((value) => value !== null)
  const value = series.values[shown]
  return (
    <figure className={styles.chart}>
      <figcaption className={styles.caption}>
        <span>{title}</span>
        {value !== undefined && value !== null && (
          <span className={styles.pointed}>
            {valueText(value)} {unit} · {timeText(series.timesMs[shown] ?? 0)}
          </span>
        )}
      </figcaption>
      <div ref={ref}>
        <div ref={host} className={styles.plot} style={{ height }} aria-hidden="true" />
      </div>
      <FiguresTable title={title} series={series} unit={unit} timeText={timeText} valueText={valueText} />
    </figure>
  )
}

function plotOptions(element: HTMLElement, { width, height, unit, series, onPoint }: { width: number; height: number; unit: string; series: Series; onPoint: (index: number | null) => void }): uPlot.Options {
  const colours = { line: colourOf(element, '--blue'), grid: colourOf(element, '--line'), text: colourOf(element, '--muted'), late: colourOf(element, '--amber'), surface: colourOf(element, '--surface') }
  return {
    width,
    height,
    ms: 1,
    legend: { show: false },
    padding: [14, 0, 4, 0],
    cursor: { drag: { x: false, y: false }, y: false, points: { size: 7, fill: colours.line, width: 0 } },
    scales: { x: { time: true }, y: { range: (_plot, low, high) => paddedRange(low, high) } },
    axes: [{ show: false }, { show: false }],
    series: [{}, { stroke: colours.line, width: 2, spanGaps: false, points: { show: false } }],
    hooks: {
      draw: [
        (plot) => {
          drawLate(plot, series, colours.late)
          drawScale(plot, unit, colours)
        },
      ],
      setCursor: [(plot) => onPoint(plot.cursor.idx ?? null)],
    },
  }
}

/** Room above and below, and never a flat line at the edge. */
function paddedRange(low: number | null, high: number | null): [number, number] {
  const [from, to] = [low ?? 0, high ?? 1]
  const room = Math.max((to - from) * 0.12, Math.abs(to) * 1e-6, 0.5)
  return [from >= 0 && from - room < 0 ? 0 : from - room, to + room]
}

function drawLate(plot: uPlot, { timesMs, values, late = [] }: Series, colour: string): void {
  const { ctx } = plot
  ctx.fillStyle = colour
  for (const index of late) {
    const value = values[index]
    if (value === null || value === undefined) continue
    ctx.beginPath()
    ctx.arc(plot.valToPos(timesMs[index] ?? 0, 'x', true), plot.valToPos(value, 'y', true), 1.8 * devicePixelRatio, 0, 2 * Math.PI)
    ctx.fill()
  }
}

/** A canvas knows no variables: the browser resolves the colour on an element of the page. */
function colourOf(element: HTMLElement, name: string): string {
  element.style.color = `var(${name})`
  const { color } = getComputedStyle(element)
  element.style.removeProperty('color')
  return color
}

function FiguresTable({ title, series: { timesMs, values }, unit, timeText, valueText }: Omit<ChartProps, 'height'>) {
  const step = Math.max(1, Math.ceil(timesMs.length / TABLE_ROWS_MAX))
  const [isOpen, setOpen] = useState(false)
  const rows = isOpen ? timesMs.flatMap((timeMs, i) => (i % step === 0 ? [{ timeMs, value: values[i] ?? null }] : [])) : []
  return (
    <details className={styles.figures} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{words.chart.figures}</summary>
      <div className={styles.scroll} tabIndex={0} role="group" aria-label={title}>
        <table>
          <caption className={layout.hidden}>{title}</caption>
          <thead>
            <tr>
              <th scope="col">{words.chart.time}</th>
              <th scope="col">{unit}</th>
            </tr>
          </thead>
          <tbody>
            {rows.map(({ timeMs, value }, i) => (
              <tr key={i}>
                <td>{timeText(timeMs)}</td>
                <td>{value === null ? words.chart.gap : valueText(value)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  )
}
