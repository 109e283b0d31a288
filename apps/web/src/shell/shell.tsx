import { useQuery } from '@tanstack/react-query'
import { Link, useRouterState } from '@tanstack/react-router'
import { Suspense, lazy, useEffect, useRef, useState } from 'react'
import type { ReactNode } from 'react'
import { deskKey } from '../api/desk-key.ts'
import { useListening, useLive } from '../api/live-context.tsx'
import { healthQuery, networkQuery } from '../api/queries.ts'
import { useStanding } from '../api/session.ts'
import type { Standing } from '../api/session.ts'
import { InlineLamp } from '../lamps/inline-lamp.tsx'
import { groupNumber } from '../text/figures.ts'
import { Time } from '../text/time.tsx'
import { words } from '../words.ts'
import { LogOut } from './log-out.tsx'
import { SchemeSwitch } from './scheme-switch.tsx'
import { UnitSwitch } from './unit-switch.tsx'
import styles from './shell.module.css'

const PLACES = [
  { to: '/', label: words.shell.overview },
  { to: '/devices', label: words.shell.devices },
  { to: '/blocks', label: words.shell.blocks },
  { to: '/network', label: words.shell.network },
  { to: '/import', label: words.shell.import },
  { to: '/verify', label: words.shell.verify },
  { to: '/cheat', label: words.shell.cheat },
] as const

/** What needs nothing of the node: open to whoever is not logged in. */
const OPEN_PLACES = PLACES.filter(({ to }) => to === '/verify')

/** Where the type of a problem leads. */
const CODES = '/codes/'

const LogInPage = lazy(async () => ({ default: (await import('../session/log-in-page.tsx')).LogInPage }))

/** What stands around every page: where one can go, how the ledger stands, and whether what is seen is still live. */
export function Shell({ children }: { children: ReactNode }) {
  const main = useRef<HTMLElement>(null)
  useFocusOnArrival(main)
  const standing = useStanding()
  const isIn = standing === 'in'
  useListening(isIn)
  const { data: network } = useQuery({ ...networkQuery, enabled: isIn })
  return (
    <>
      <a className={styles.skip} href="#content">
        {words.shell.skip}
      </a>
      <header>
        <div className={styles.bar}>
          <Link to="/" className={styles.brand}>
            Telltale
          </Link>
          <Navigation places={standing === 'out' ? OPEN_PLACES : PLACES} />
          <div className={styles.state}>
            <LedgerState />
            <span className={styles.networkName}>{network?.name}</span>
            <LogOut />
            <UnitSwitch />
            <SchemeSwitch />
          </div>
        </div>
        {standing !== 'out' && <DemoLine isDemo={network?.isDemo} />}
        {isIn && <LostConnection />}
      </header>
      <main id="content" ref={main} className={styles.main} tabIndex={-1}>
        <Admitted standing={standing}>{children}</Admitted>
      </main>
    </>
  )
}

/** The page, for whoever may see it; the log-in in its place for others. */
function Admitted({ standing, children }: { standing: Standing; children: ReactNode }) {
  const path = useRouterState({ select: ({ location }) => location.pathname })
  if (standing === 'in' || path.startsWith(CODES) || OPEN_PLACES.some(({ to }) => to === path)) return children
  return <Suspense>{standing === 'out' && <LogInPage />}</Suspense>
}

const REMEMBERED = 'telltale.is-own'

/** Stands there unseen until it is known whether it is a demo, so that nothing jumps; at one's own node only the first time. */
function DemoLine({ isDemo }: { isDemo: boolean | undefined }) {
  useEffect(() => {
    if (isDemo === true) localStorage.removeItem(REMEMBERED)
    if (isDemo === false) localStorage.setItem(REMEMBERED, 'yes')
  }, [isDemo])
  if (isDemo === false || (isDemo === undefined && localStorage.getItem(REMEMBERED) !== null)) return null
  return (
    <p className={styles.demo} data-unknown={isDemo === undefined || undefined}>
      {words.shell.demo} {deskKey() !== null && <Link to="/own">{words.own.title}</Link>}
    </p>
  )
}

function Navigation({ places }: { places: readonly (typeof PLACES)[number][] }) {
  const [isOpen, setOpen] = useState(false)
  const path = useRouterState({ select: ({ location }) => location.pathname })
  useEffect(() => setOpen(false), [path])
  return (
    <nav className={styles.nav} aria-label={words.shell.navigation} data-open={isOpen || undefined}>
      <button type="button" className={styles.menu} aria-expanded={isOpen} aria-controls="places" onClick={() => setOpen(!isOpen)}>
        {words.shell.menu}
      </button>
      <ul id="places">
        {places.map(({ to, label }) => (
          <li key={to}>
            <Link to={to} activeOptions={{ exact: to === '/' }} activeProps={{ 'aria-current': 'page' }}>
              {label}
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  )
}

function LedgerState() {
  const { data: health } = useQuery(healthQuery)
  const { block } = useLive()
  if (!health) return <InlineLamp look="pending" word={words.shell.connecting} />
  const height = Math.max(health.finalHeight, block?.height ?? 0)
  if (health.status !== 'ok') return <InlineLamp look="attention" word={words.shell.status[health.status]} />
  return <InlineLamp look="holds" word={words.shell.final(groupNumber(height))} isPlain />
}

/** Shows at once, and since when. */
function LostConnection() {
  const { connection, sinceMs } = useLive()
  return (
    <div role="status">
      {connection === 'lost' && (
        <p className={styles.lost}>
          <InlineLamp look="attention" word={words.shell.lost} /> <Time ms={sinceMs} />
        </p>
      )}
    </div>
  )
}

/** After a click on a link the reader stands at the beginning of the new page, with keyboard and screen reader too. */
function useFocusOnArrival(main: React.RefObject<HTMLElement | null>): void {
  const path = useRouterState({ select: ({ location }) => location.pathname })
  const isFirst = useRef(true)
  useEffect(() => {
    if (isFirst.current) isFirst.current = false
    else main.current?.focus({ preventScroll: true })
  }, [path, main])
}
