import { TelltaleError, asArray, asExactly, decode, encode, judge } from '@telltale/core'
import type { Verdict } from '@telltale/core'
import type { Clock } from './clock.ts'
import { decodeGreeting } from './greeting.ts'
import type { Greeting } from './greeting.ts'
import { GREETING_MS_MAX, PEERS_MAX } from './limits.ts'
import { KINDS, decodeMessage, encodeMessage } from './message.ts'
import type { Transport } from './transport.ts'

export interface SessionComponents {
  transport: Pick<Transport, 'send' | 'drop'>
  clock: Clock
  /** Our own greeting, encoded. */
  greeting(): Promise<Uint8Array>
  check(greeting: Greeting, peer: string): Promise<Verdict | null>
  /** Whether a peer that was let in would be let in now. */
  checkAgain(greeting: Greeting, peer: string): Promise<Verdict | null>
  /** Both sides agreed. */
  onReady(peer: string, greeting: Greeting): void
  /** We refused the peer and end the connection. */
  onRefused(peer: string, verdict: Verdict): void
  /** The peer refused us. */
  onGoodbye(peer: string, code: string, message: string): void
}

/** A connected peer from its greeting on. */
interface Session {
  /** Theirs, once we found nothing against it. */
  greeting: Greeting | null
  /** Whether they found nothing against ours. */
  isWelcome: boolean
  isRefused: boolean
  giveUp: () => void
}

/**
 * Before anything else each side sends its greeting, judges the other's, and answers with a welcome or a goodbye that says why. Messages between two peers keep
 * their order, so that whoever has both may speak: the other has both, or will have before it reads on.
 */
export interface Sessions {
  begin(peer: string): void
  end(peer: string): void
  /** Greeted on both sides. */
  isReady(peer: string): boolean
  /** Found nothing against: it may ask, even before it has read that it may. */
  isAccepted(peer: string): boolean
  ready(): string[]
  greetingOf(peer: string): Greeting | null
  /** Judges anew whether a peer may stay, and refuses it where not. */
  review(peer: string): Promise<void>
  /** Takes a message of a peer that is not ready. */
  take(peer: string, bytes: Uint8Array): Promise<void>
  /** It says and is told nothing any more; the connection is about to end. */
  close(peer: string): void
  /** Says why and ends the connection. */
  refuse(peer: string, verdict: Verdict): void
}

export function createSessions(components: SessionComponents): Sessions {
  const { transport, clock, onRefused } = components
  const sessions = new Map<string, Session>()
  const isReady = (peer: string): boolean => {
    const session = sessions.get(peer)
    return session !== undefined && session.greeting !== null && session.isWelcome && !session.isRefused
  }
  const ready = (): string[] => [...sessions.keys()].filter(isReady)
  const refuse = (peer: string, verdict: Verdict): void => {
    const session = sessions.get(peer)
    if (!session || session.isRefused) return
    session.isRefused = true
    session.giveUp()
    transport.send(peer, encodeMessage({ kind: 'goodbye', code: verdict.code, message: verdict.message }))
    transport.drop(peer)
    onRefused(peer, verdict)
  }
  const settle = (peer: string, session: Session): void => {
    if (!session.greeting || !session.isWelcome) return
    session.giveUp()
    components.onReady(peer, session.greeting)
  }
  const takeGreeting = async (peer: string, session: Session, bytes: Uint8Array): Promise<void> => {
    const read = judge(() => decodeGreeting(bytes))
    if (!read.ok) return refuse(peer, read.verdict.code === 'unknown-version' ? read.verdict : malformed(read.verdict))
    const verdict = ready().length >= PEERS_MAX ? CROWDED : await components.check(read.value, peer).catch(failed)
    // It may be gone by now, and even have come back.
    if (sessions.get(peer) !== session || session.isRefused) return
    if (verdict) return refuse(peer, verdict)
    session.greeting = read.value
    transport.send(peer, WELCOME)
    settle(peer, session)
  }
  const takeAnswer = (peer: string, session: Session, bytes: Uint8Array): void => {
    const read = judge(() => readAnswer(bytes))
    if (!read.ok) return refuse(peer, malformed(read.verdict))
    if (read.value !== 'welcome') {
      session.isRefused = true
      session.giveUp()
      transport.drop(peer)
      return components.onGoodbye(peer, read.value.code, read.value.message)
    }
    session.isWelcome = true
    settle(peer, session)
  }

  return {
    begin(peer) {
      const giveUp = clock.after(GREETING_MS_MAX, () => refuse(peer, { code: 'greeting-late', message: 'The peer did not greet in time.', expected: `a greeting within ${GREETING_MS_MAX} ms`, found: 'none' }))
      const session = { greeting: null, isWelcome: false, isRefused: false, giveUp }
      sessions.set(peer, session)
      void components.greeting().then(
        (bytes) => sessions.get(peer) === session && transport.send(peer, bytes),
        (error: unknown) => refuse(peer, failed(error)),
      )
    },
    end(peer) {
      sessions.get(peer)?.giveUp()
      sessions.delete(peer)
    },
    isReady,
    isAccepted(peer) {
      const session = sessions.get(peer)
      return session !== undefined && session.greeting !== null && !session.isRefused
    },
    ready,
    close(peer) {
      const session = sessions.get(peer)
      if (!session) return
      session.isRefused = true
      session.giveUp()
    },
    greetingOf: (peer) => sessions.get(peer)?.greeting ?? null,
    async review(peer) {
      const session = sessions.get(peer)
      if (!session?.greeting) return
      const verdict = await components.checkAgain(session.greeting, peer).catch(failed)
      if (verdict && sessions.get(peer) === session) refuse(peer, verdict)
    },
    async take(peer, bytes) {
      const session = sessions.get(peer)
      if (!session || session.isRefused) return
      // The first byte of the array, the second its kind: a greeting is read as one only while it is awaited.
      if (session.greeting === null && bytes[1] === KINDS.greeting) await takeGreeting(peer, session, bytes)
      else takeAnswer(peer, session, bytes)
    },
    refuse,
  }
}

const WELCOME = encode([KINDS.welcome])
const CROWDED: Verdict = { code: 'too-many-peers', message: 'This node has as many peers as it takes; try another.', expected: `at most ${PEERS_MAX} peers`, found: 'one more' }

/** That a greeting could not be signed or judged is no fault of the peer. */
function failed(error: unknown): Verdict {
  return { code: 'internal-error', message: `This node could not greet: ${error instanceof TelltaleError ? error.code : 'an unexpected error'}.` }
}

function malformed({ code, message }: Verdict): Verdict {
  return { code: 'malformed-greeting', message, expected: 'a greeting', found: code }
}

function readAnswer(bytes: Uint8Array): 'welcome' | { code: string; message: string } {
  if (bytes[1] === KINDS.goodbye) {
    const goodbye = decodeMessage(bytes)
    if (goodbye.kind === 'goodbye') return goodbye
  }
  const items = asArray(decode(bytes), 'answer to a greeting', 1)
  asExactly(items[0], KINDS.welcome, 'answer to a greeting')
  return 'welcome'
}
