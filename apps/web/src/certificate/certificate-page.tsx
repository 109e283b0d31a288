import { Button, Checkbox } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import { useState } from 'react'
import { carName } from '../api/desk.ts'
import type { Desk, DeskDevice } from '../api/desk.ts'
import { problemOf } from '../api/problem.ts'
import { deviceQuery } from '../api/queries.ts'
import { postForBytes } from '../api/request.ts'
import { Card } from '../shell/card.tsx'
import { Choice } from '../shell/choice.tsx'
import layout from '../shell/layout.module.css'
import { NeedsDesk } from '../shell/needs-desk.tsx'
import { PageHead } from '../shell/page-head.tsx'
import { ProblemBox } from '../shell/problem-box.tsx'
import { shorten } from '../text/figures.ts'
import { words } from '../words.ts'
import { MadeCertificate } from './made-certificate.tsx'
import styles from './certificate.module.css'

type Scope = 'all' | 'newest'
type Disclose = 'all' | 'none'

/** A certificate by one click, to hand over as a file, a link or QR codes. */
export function CertificatePage() {
  const { device } = useParams({ from: '/devices/$device/certificate' })
  return (
    <div className={layout.page}>
      <PageHead title={words.certificate.title}>{words.certificate.subtitle}</PageHead>
      <NeedsDesk>
        {(desk) => {
          const own = desk.devices.find((item) => item.device === device)
          return own ? <Maker desk={desk} device={own} /> : <Card>{words.certificate.notYours}</Card>
        }}
      </NeedsDesk>
    </div>
  )
}

function Maker({ desk, device }: { desk: Desk; device: DeskDevice }) {
  const [scope, setScope] = useState<Scope>('all')
  const [disclose, setDisclose] = useState<Disclose>('all')
  const [withIdentity, setWithIdentity] = useState(true)
  const { refetch } = useQuery(deviceQuery(device.device))
  const make = useMutation({
    mutationFn: async () => {
      const fresh = (await refetch()).data?.streams ?? []
      const odometer = fresh.find(({ name }) => name === 'odometer')
      const streams = scope === 'newest' && odometer ? { streams: [{ stream: odometer.stream, from: odometer.count - 1, to: odometer.count - 1 }] } : {}
      return postForBytes('/v1/desk/certificates', { asset: device.asset, disclose, withIdentity, ...streams })
    },
  })
  // A certificate that was made before the choice was another one must not be handed over for it.
  const changed = <T,>(set: (value: T) => void) => (value: T) => {
    make.reset()
    set(value)
  }
  const name = `${(carName(desk, device.asset) ?? shorten(device.device, 8, 0)).toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')}.telltale`
  return (
    <>
      <Card>
        <div className={styles.options}>
          <Choice label={words.certificate.scope} options={[{ value: 'all', label: words.certificate.scopes.all }, { value: 'newest', label: words.certificate.scopes.newest }]} value={scope} onChange={changed((value) => setScope(value as Scope))} />
          <Choice label={words.certificate.disclose} options={[{ value: 'all', label: words.certificate.discloses.all }, { value: 'none', label: words.certificate.discloses.none }]} value={disclose} onChange={changed((value) => setDisclose(value as Disclose))} />
          <Checkbox label={words.certificate.withIdentity} checked={withIdentity} onChange={(event) => changed(setWithIdentity)(event.currentTarget.checked)} />
          <Button variant="filled" loading={make.isPending} onClick={() => make.mutate()}>
            {words.certificate.make}
          </Button>
        </div>
      </Card>
      {make.error && <ProblemBox title={words.certificate.notMade} problem={problemOf(make.error)} onRetry={() => make.mutate()} />}
      {make.data && <MadeCertificate bytes={make.data} name={name} network={desk.network} />}
    </>
  )
}
