import type { Transport } from './transport.ts'

/** Bytes of messages, questions and answers since the start, each counted for every peer that it went to or came from. */
export interface Traffic {
  sentBytes: number
  receivedBytes: number
}

/** The same transport, of which what passes is counted. */
export function countTraffic(transport: Transport): { counted: Transport; traffic: Traffic } {
  const traffic: Traffic = { sentBytes: 0, receivedBytes: 0 }
  const counted: Transport = {
    ...transport,
    start: (events) =>
      transport.start({
        ...events,
        onMessage(peer, bytes) {
          traffic.receivedBytes += bytes.length
          return events.onMessage(peer, bytes)
        },
        async onQuestion(peer, bytes) {
          traffic.receivedBytes += bytes.length
          const answer = await events.onQuestion(peer, bytes)
          traffic.sentBytes += answer.length
          return answer
        },
      }),
    send(peer, bytes) {
      const isQueued = transport.send(peer, bytes)
      if (isQueued) traffic.sentBytes += bytes.length
      return isQueued
    },
    async ask(peer, bytes, timeoutMs) {
      traffic.sentBytes += bytes.length
      const answer = await transport.ask(peer, bytes, timeoutMs)
      traffic.receivedBytes += answer.length
      return answer
    },
  }
  return { counted, traffic }
}
