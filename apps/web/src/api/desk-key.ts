const FRAGMENT = /^#desk=([A-Za-z0-9_-]{20,64})$/
const PLACE = 'telltale.desk'

/** Takes the key of the desk out of the link that the node printed, keeps it for this tab, and takes it out of the address, so that nobody copies it along. */
export function takeDeskKey(): void {
  const [, key] = FRAGMENT.exec(location.hash) ?? []
  if (key === undefined) return
  sessionStorage.setItem(PLACE, key)
  history.replaceState(history.state, '', location.pathname + location.search)
}

/** Whoever opens the link again has it again. */
export function dropDeskKey(): void {
  sessionStorage.removeItem(PLACE)
}

/** The key of the desk, or null where this tab was not opened by the node's link. */
export function deskKey(): string | null {
  return sessionStorage.getItem(PLACE)
}
