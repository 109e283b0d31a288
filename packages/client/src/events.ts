/** An event as the node tells it. */
export interface NodeEvent {
  /** Where to go on behind it; null for what stands in no block. */
  id: string | null
  event: string
  data: Record<string, unknown>
}

/** An event is a few hundred bytes; whatever is longer is not one of ours. */
const HELD_CHARACTERS_MAX = 65_536

/** Reads text/event-stream as the WHATWG describes it, as far as our nodes write it: fields `id`, `event` and `data` of one line each, comments skipped. */
export async function* readEvents(body: ReadableStream<Uint8Array<ArrayBuffer>>, signal: AbortSignal): AsyncGenerator<NodeEvent> {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader()
  let held = ''
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done || held.length > HELD_CHARACTERS_MAX) return
      held += value
      const parts = held.split('\n\n')
      held = parts.pop() as string
      for (const part of parts) {
        const event = readEvent(part)
        if (event) yield event
      }
    }
  } catch (error) {
    // Whoever stops listening is not told that the line broke.
    if (!signal.aborted) throw error
  } finally {
    await reader.cancel().catch(() => undefined)
  }
}

function readEvent(part: string): NodeEvent | null {
  const fields = new Map(part.split('\n').map((line): [string, string] => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trimStart()]))
  const event = fields.get('event')
  const data = fields.get('data')
  if (event === undefined || data === undefined) return null
  return { id: fields.get('id') ?? null, event, data: JSON.parse(data) as Record<string, unknown> }
}
