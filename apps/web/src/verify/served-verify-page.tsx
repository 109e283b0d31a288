import { useDocumentTitle } from '@mantine/hooks'
import { useQuery } from '@tanstack/react-query'
import { networkQuery } from '../api/queries.ts'
import { useStanding } from '../api/session.ts'
import { words } from '../words.ts'
import { VerifyPage } from './verify-page.tsx'
import styles from './verify.module.css'

/** The verify page within the application: it may say what the node's own network is, and gives itself away as a file. It checks nothing by the node. */
export function ServedVerifyPage() {
  useDocumentTitle(`${words.verify.title} - Telltale`)
  const { data } = useQuery({ ...networkQuery, retry: false, enabled: useStanding() === 'in' })
  return (
    <>
      <VerifyPage {...(data ? { nodeNetwork: data.network } : {})} />
      <p className={styles.save}>
        <a href="/verify.html" download="telltale-verify.html">
          {words.verify.save}
        </a>{' '}
        {words.verify.saveWhy}
      </p>
    </>
  )
}
