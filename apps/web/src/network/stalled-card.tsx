import type { Health } from '../api/ledger-answers.ts'
import { InlineLamp } from '../lamps/inline-lamp.tsx'
import { Card, Facts } from '../shell/card.tsx'
import layout from '../shell/layout.module.css'
import { durationText } from '../text/figures.ts'
import { Hash } from '../text/hash.tsx'
import { ReadableText } from '../text/readable-text.tsx'
import { Time } from '../text/time.tsx'
import { words } from '../words.ts'
import styles from './graph.module.css'

/** What does not go on, who is missing, and the one thing that helps; nothing while all is well. */
export function StalledCard({ stalled }: { stalled: Health['stalled'] | undefined }) {
  if (!stalled) return null
  return (
    <Card title={words.stalled.title} className={styles.attention}>
      <div className={layout.stack} role="status">
        <InlineLamp look="attention" word={stalled.message} />
        <Facts
          facts={[
            [words.stalled.since, <Time key="since" ms={stalled.sinceMs} />],
            [words.stalled.missing, stalled.missing.length === 0 ? null : stalled.missing.map(({ address, sinceMs }) => (
              <div key={address}>
                <Hash text={address} /> {words.stalled.left(durationText(Date.now() - sinceMs))}
              </div>
            ))],
          ]}
        />
        <p>
          <strong>{words.stalled.help}:</strong> <ReadableText text={stalled.help} />
        </p>
      </div>
    </Card>
  )
}
