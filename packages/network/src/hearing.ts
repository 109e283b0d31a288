import { fail, judge } from '@telltale/core'
import type { Participant } from '@telltale/core'
import { createAllowance, createAnswerBudget } from './allowance.ts'
import type { Allowance, AnswerBudget, Rate } from './allowance.ts'
import type { Clock } from './clock.ts'
import type { Connector } from './connector.ts'
import type { Gossip } from './gossip.ts'
import type { Heartbeat } from './heartbeat.ts'
import { CONNECTIONS_MAX, GREETING_BYTES_MAX, MESSAGE_BYTES_MAX } from './limits.ts'
import { decodeMessage, encodeMessage } from './message.ts'
import type { Message } from './message.ts'
import type { NetworkEvent } from './peer-info.ts'
import { encodeAnswer, encodeRefusal } from './questions.ts'
import type { Reports } from './reports.ts'
import type { Sessions } from './sessions.ts'
import type { Transport, TransportEvents } from './transport.ts'

export interface HearingComponents {
  transport: Transport
  clock: Clock
  sessions: Sessions
  gossip: Gossip
  heartbeat: Heartbeat
  reports: Reports
  connector: Connector
  participant: Participant
  peerRate: Rate
  isCutOff(peer: string): boolean
  blame(peer: string, code: string): void
  log(event: NetworkEvent): void
  /** Ends the connection; nothing that the peer says counts any more. */
  letGo(peer: string): void
  /** A peer is gone, greeted or not. */
  onGone(peer: string): void
}

/** A connected peer: what it may still say, and ask. */
interface Connected {
  allowance: Allowance
  answers: AnswerBudget
  /** When it was last blamed for saying too much. */
  floodMs: number
}

/** Where everything that peers say comes in: what is too much is dropped unread, then greetings, then the rest by its kind. */
export interface Hearing {
  events: TransportEvents
  /** Connected, greeted or not. */
  isConnected(peer: string): boolean
  connectedCount(): number
}

export function createHearing(components: HearingComponents): Hearing {
  const { clock, sessions, heartbeat, connector, participant, peerRate, isCutOff, blame, log } = components
  const connected = new Map<string, Connected>()
  const isFlood = (peer: string, bytes: number): boolean => {
    const one = connected.get(peer)
    if (!one || one.allowance.take(bytes)) return false
    // One flood is one fault a second, however many messages it has.
    if (clock.nowMs() - one.floodMs >= 1000) {
      one.floodMs = clock.nowMs()
      blame(peer, 'flood')
    }
    return true
  }
  const answer = async (peer: string, question: Uint8Array): Promise<Uint8Array> => {
    if (isFlood(peer, question.length)) throw fail('too-many-requests', 'This peer asks too much at a time.', { expected: 'fewer questions', found: 'a flood' })
    if (!sessions.isAccepted(peer)) throw fail('not-greeted', 'Questions come after greetings.', { expected: 'a peer that was greeted', found: 'one that was not' })
    const { answers } = connected.get(peer) as Connected
    await answers.ready()
    const encoded = encodeAnswer(await participant.onQuestion(peer, question))
    answers.spend(encoded.length)
    return encoded
  }
  const events: TransportEvents = {
    allows: (peer, isInbound) => !isCutOff(peer) && (!isInbound || connected.has(peer) || connected.size < CONNECTIONS_MAX),
    bytesMax: (peer) => (sessions.isAccepted(peer) ? MESSAGE_BYTES_MAX : GREETING_BYTES_MAX),
    onPeer(peer) {
      connected.set(peer, { allowance: createAllowance(clock, peerRate), answers: createAnswerBudget(clock), floodMs: -Infinity })
      sessions.begin(peer)
    },
    onGone(peer) {
      // What is known of it is told before it is forgotten.
      components.onGone(peer)
      sessions.end(peer)
      heartbeat.end(peer)
      connected.delete(peer)
    },
    onMessage(peer, bytes) {
      if (isFlood(peer, bytes.length)) return undefined
      if (!sessions.isReady(peer)) return sessions.take(peer, bytes)
      const read = judge(() => decodeMessage(bytes))
      if (read.ok) return hear(components, peer, read.value, bytes)
      log({ kind: 'refused', peer, code: 'malformed-message', message: read.verdict.message })
      return blame(peer, 'malformed-message')
    },
    onQuestion: (peer, question) => answer(peer, question).catch(encodeRefusal),
    onFound: (addresses) => connector.learnAddresses(addresses),
    onFault(peer, code) {
      if (code === 'peer-gone') return
      log({ kind: 'refused', peer, code, message: 'The connection was ended for what the peer did.' })
      blame(peer, code)
    },
  }
  return { events, isConnected: (peer) => connected.has(peer), connectedCount: () => connected.size }
}

function hear({ transport, gossip, heartbeat, reports, log, letGo }: HearingComponents, peer: string, message: Message, bytes: Uint8Array): Promise<void> | undefined {
  switch (message.kind) {
    case 'gossip':
      return gossip.receive(peer, bytes, message.topic, message.content)
    case 'heartbeat':
      heartbeat.heard(peer, message.status)
      transport.send(peer, encodeMessage({ kind: 'pulse', number: message.number }))
      return undefined
    case 'pulse':
      heartbeat.answered(peer, message.number)
      return undefined
    case 'report':
      return reports.receive(peer, message, bytes)
    case 'goodbye':
      log({ kind: 'refused-by-peer', peer, code: message.code, message: message.message })
      letGo(peer)
      return undefined
  }
}
