/** Ctrl-C as a request to stop at the next good moment. */
export interface Interrupts {
  readonly signal: AbortSignal
  /** The signal that came, or null. */
  readonly received: 'SIGINT' | 'SIGTERM' | null
  /** Gives signals their usual effect again. */
  release(): void
}

/** The first SIGINT or SIGTERM only fires `signal` and calls `onFirst`; a second one ends the process at once, which harms nothing either. */
export function catchInterrupts(onFirst: () => void): Interrupts {
  const controller = new AbortController()
  let received: Interrupts['received'] = null
  const stop = (name: NodeJS.Signals): void => {
    received = name === 'SIGTERM' ? 'SIGTERM' : 'SIGINT'
    release()
    onFirst()
    controller.abort()
  }
  const release = (): void => {
    process.off('SIGINT', stop)
    process.off('SIGTERM', stop)
  }
  process.on('SIGINT', stop)
  process.on('SIGTERM', stop)
  return {
    signal: controller.signal,
    get received() {
      return received
    },
    release,
  }
}

/** Resolves once somebody wants an end. */
export function interrupted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    signal.addEventListener('abort', () => resolve())
  })
}
