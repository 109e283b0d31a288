import { Button } from '@mantine/core'
import { useClipboard } from '@mantine/hooks'
import { useQuery } from '@tanstack/react-query'
import { LampRow } from '../lamps/lamp-row.tsx'
import { textToParts } from '../scan/parts.ts'
import { Card } from '../shell/card.tsx'
import layout from '../shell/layout.module.css'
import { saveFile } from '../shell/save-file.ts'
import table from '../shell/table.module.css'
import { byteText } from '../text/figures.ts'
import { answerLamps } from '../verify/answer-lamps.ts'
import { LINK_CHARACTERS_MAX, certificateToFragment, certificateToText } from '../verify/certificate-link.ts'
import { Sentence } from '../verify/sentence.tsx'
import { verify } from '../verify/verification.ts'
import { words } from '../words.ts'
import { CodeSequence } from './code-sequence.tsx'
import styles from './certificate.module.css'

/** More codes than this nobody waits for. */
const CODES_MAX = 80

/** The file that was made, checked in this browser as its reader will check it, and three ways to hand it over. */
export function MadeCertificate({ bytes, name, network }: { bytes: Uint8Array; name: string; network: string }) {
  const { data } = useQuery({
    queryKey: ['made', bytes],
    queryFn: async () => {
      const [outcome, fragment, text] = await Promise.all([verify(bytes, { network, trusted: [], checkpoint: null, reading: '', vin: '' }), certificateToFragment(bytes), certificateToText(bytes)])
      return { answer: 'answer' in outcome ? outcome.answer : null, fragment, parts: textToParts(text) }
    },
    staleTime: Infinity,
    structuralSharing: false,
  })
  const clipboard = useClipboard({ timeout: 2000 })
  const answer = data?.answer ?? null
  return (
    <>
      <LampRow lamps={answerLamps(answer?.lamps)} label={words.lamp.row} lightFor={answer} />
      {answer && (
        <div className={layout.result} role="status">
          <Sentence answer={answer} />
        </div>
      )}
      <div className={styles.ways}>
        <Card title={words.certificate.file}>
          <p className={styles.name}>{name}</p>
          <p className={table.muted}>{byteText(bytes.length)}</p>
          <div className={styles.actions}>
            <Button variant="filled" onClick={() => saveFile(name, bytes)}>
              {words.certificate.save}
            </Button>
            {data && data.fragment.length <= LINK_CHARACTERS_MAX && <Button onClick={() => clipboard.copy(`${location.origin}/verify${data.fragment}`)}>{clipboard.copied ? words.certificate.linkCopied : words.certificate.copyLink}</Button>}
          </div>
          <p className={table.muted}>{words.certificate.linkWhy}</p>
        </Card>
        <Card title={words.certificate.codes}>{data && (data.parts.length <= CODES_MAX ? <CodeSequence parts={data.parts} /> : <p className={table.muted}>{words.certificate.tooManyCodes}</p>)}</Card>
      </div>
    </>
  )
}
