import { Button } from '@mantine/core'
import { useClipboard } from '@mantine/hooks'
import { useEffect, useRef } from 'react'
import { InlineLamp } from '../lamps/inline-lamp.tsx'
import { Card, Facts } from '../shell/card.tsx'
import { Fingerprint } from '../text/fingerprint.tsx'
import { words } from '../words.ts'
import styles from './own.module.css'

export interface OwnNetwork {
  /** The whole path. */
  directory: string
  /** Fingerprint. */
  network: string
  name: string
  hasPassword: boolean
  /** What starts it, typed in `from`. */
  command: string
  from: string
}

/** What was made, and what to do next: the one command that nobody has to remember. */
export function MadeNetwork({ made: { directory, network, name, hasPassword, command, from } }: { made: OwnNetwork }) {
  const head = useRef<HTMLHeadingElement>(null)
  const clipboard = useClipboard({ timeout: 2000 })
  useEffect(() => head.current?.focus(), [])
  return (
    <Card>
      <div className={styles.made}>
        <h2 ref={head} tabIndex={-1} className={styles.head}>
          <InlineLamp look="holds" word={words.own.made(name)} />
        </h2>
        <p>{words.own.start(from)}</p>
        <div className={styles.command}>
          <code>{command}</code>
          <Button variant="filled" onClick={() => clipboard.copy(command)}>
            {clipboard.copied ? words.own.copied : words.own.copy}
          </Button>
        </div>
        <p>
          {hasPassword ? words.own.asksPassword : words.own.noPassword} {words.own.afterwards}
        </p>
        <Facts facts={[[words.own.liesIn, directory]]} className={styles.whole} />
        <Facts facts={[[words.network.fingerprint, <Fingerprint key="fingerprint" text={network} />]]} className={styles.whole} />
        <p className={styles.caption}>{words.own.keep}</p>
      </div>
    </Card>
  )
}
