import type uPlot from 'uplot'

/** Pixels between a line and its label. */
const LABEL_GAP = 5

/** Two or three quiet lines with their values inside the plot, on the right; the unit stands at the highest. */
export function drawScale(plot: uPlot, unit: string, { grid, text, surface }: { grid: string; text: string; surface: string }): void {
  const { ctx, bbox } = plot
  const { min, max } = plot.scales['y'] as { min: number; max: number }
  const ratio = devicePixelRatio
  const ticks = ticksOf(min, max)
  ctx.save()
  ctx.strokeStyle = grid
  ctx.fillStyle = text
  ctx.lineWidth = ratio
  ctx.font = `${11 * ratio}px B612, sans-serif`
  ctx.textAlign = 'right'
  ticks.forEach((tick, i) => {
    const y = Math.round(plot.valToPos(tick, 'y', true)) + 0.5
    ctx.beginPath()
    ctx.moveTo(bbox.left, y)
    ctx.lineTo(bbox.left + bbox.width, y)
    ctx.stroke()
    // The lowest label would lie on the line of the series.
    if (i === 0 && ticks.length > 1) return
    const label = i === ticks.length - 1 ? `${tick.toLocaleString('en')} ${unit}` : tick.toLocaleString('en')
    ctx.lineWidth = 4 * ratio
    ctx.strokeStyle = surface
    ctx.strokeText(label, bbox.left + bbox.width, y - LABEL_GAP * ratio)
    ctx.strokeStyle = grid
    ctx.lineWidth = ratio
    ctx.fillText(label, bbox.left + bbox.width, y - LABEL_GAP * ratio)
  })
  ctx.restore()
}

/** Round values within a range: steps of 1, 2 or 5 times a power of ten, three or four of them. */
function ticksOf(min: number, max: number): number[] {
  const rough = (max - min) / 3
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= rough) as number
  const ticks: number[] = []
  for (let tick = Math.ceil(min / step) * step; tick <= max && ticks.length < 6; tick += step) ticks.push(Number(tick.toPrecision(12)))
  return ticks
}
