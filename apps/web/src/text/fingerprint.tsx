import styles from './text.module.css'

/** A fingerprint in sixteen groups of four: people compare in groups. */
export function Fingerprint({ text }: { text: string }) {
  return <p className={styles.fingerprint}>{(text.match(/.{4}/g) ?? []).join(' ')}</p>
}
