import { bytesToHex, fail, portable } from '@telltale/core'
import type { Exchange, Participant, Topic } from '@telltale/core'
import type { SeededRandom } from '@telltale/testing'
import type { EngineClock } from '../../src/chain/many/core.ts'

/** Nodes that hear each other after a while, or not at all, as a seed and a test say. */
export interface SimulatedPeers {
  /** What a node called `name` sees of the others; `participant` is asked for when something comes. */
  join(name: string, participant: () => Participant | null): Exchange
  /** Only nodes of one group hear each other. */
  split(groups: string[][]): void
  heal(): void
  /** How often each code was blamed on each node. */
  readonly blamed: Map<string, string[]>
  /** Share of messages that are lost. */
  lossShare: number
}

export function createSimulatedPeers(clock: EngineClock, random: SeededRandom, latencyMs: { min: number; max: number }): SimulatedPeers {
  const members = new Map<string, { participant: () => Participant | null; seen: Set<string> }>()
  const blamed = new Map<string, string[]>()
  let groupOf: Map<string, number> | null = null
  const hears = (a: string, b: string): boolean => a !== b && Boolean(members.get(b)?.participant()) && (groupOf === null || groupOf.get(a) === groupOf.get(b))
  const delay = (): number => latencyMs.min + random.below(latencyMs.max - latencyMs.min + 1)

  const flood = (from: string, topic: Topic, bytes: Uint8Array, except: string | null): void => {
    const key = `${topic} ${bytesToHex(portable.sha256(bytes))}`
    members.get(from)?.seen.add(key)
    for (const to of members.keys()) {
      if (to === except || !hears(from, to) || random.chance(peers.lossShare)) continue
      clock.after(delay(), () => {
        const member = members.get(to)
        const participant = member?.participant()
        if (!member || !participant || !hears(from, to) || member.seen.has(key)) return
        member.seen.add(key)
        void deliver(participant, { from, to, topic, bytes })
      })
    }
  }

  const deliver = async (participant: Participant, { from, to, topic, bytes }: { from: string; to: string; topic: Topic; bytes: Uint8Array }): Promise<void> => {
    const passing = await participant.onGossip(from, topic, bytes)
    if (passing === 'pass-on') flood(to, topic, bytes, from)
    if (passing === 'reject') blamed.set(from, [...(blamed.get(from) ?? []), topic])
  }

  const peers: SimulatedPeers = {
    blamed,
    lossShare: 0,
    join(name, participant) {
      members.set(name, { participant, seen: new Set() })
      return {
        publish: (topic, bytes) => flood(name, topic, bytes, null),
        ask: (to, question, timeoutMs) =>
          new Promise((resolve, reject) => {
            const giveUp = clock.after(timeoutMs, () => reject(fail('peer-slow', 'The peer did not answer.')))
            clock.after(delay(), () => {
              const asked = members.get(to)?.participant()
              if (!asked || !hears(name, to)) return
              const back = (settle: () => void): void => {
                clock.after(delay(), () => {
                  if (!hears(name, to)) return
                  giveUp()
                  settle()
                })
              }
              asked.onQuestion(name, question).then(
                (answer) => back(() => resolve(answer)),
                (error: unknown) => back(() => reject(fail('peer-refused', String(error)))),
              )
            })
          }),
        peers: () => [...members.keys()].filter((other) => hears(name, other)),
        blame: (peer, code) => void blamed.set(peer, [...(blamed.get(peer) ?? []), code]),
      }
    },
    split(groups) {
      groupOf = new Map(groups.flatMap((group, i) => group.map((name) => [name, i] as const)))
    },
    heal() {
      groupOf = null
    },
  }
  return peers
}
