import { Button } from '@mantine/core'
import { Fingerprint } from '../text/fingerprint.tsx'
import { words } from '../words.ts'
import type { Answer } from './answer.ts'
import type { TrustedNetwork, useTrustedNetworks } from './trusted-networks.ts'
import styles from './verify.module.css'

/** The one thing that no file can prove about itself: which ledger it comes from. */
export function NetworkTrust({ answer, networks, isOfNode }: { answer: Answer; networks: ReturnType<typeof useTrustedNetworks>; isOfNode: boolean }) {
  const { id } = answer.network
  const known = networks.trusted.find((network) => network.id === id)
  if (known) return <Trusted network={known} onForget={() => networks.forget(id)} />
  if (answer.lamps.network.state !== 'unknown' || answer.summary === 'refuted') return null
  const name = answer.network.name ?? id.slice(0, 8)
  return (
    <section className={styles.trust} aria-labelledby="trust-title">
      <h2 id="trust-title">{words.verify.compareTitle}</h2>
      <p>{words.verify.compare(name)}</p>
      <Fingerprint text={id} />
      {isOfNode && <p>{words.verify.sameAsNode}</p>}
      <Button onClick={() => networks.trust({ id, name })}>{words.verify.trust}</Button>
    </section>
  )
}

function Trusted({ network, onForget }: { network: TrustedNetwork; onForget: () => void }) {
  return (
    <p className={styles.trusted}>
      {words.verify.trustedBefore(network.name)}{' '}
      <button type="button" className={styles.link} onClick={onForget}>
        {words.verify.forget}
      </button>
    </p>
  )
}
