import { useMutation } from '@tanstack/react-query'
import { logOut, useAccountName } from '../api/session.ts'
import { words } from '../words.ts'
import styles from './shell.module.css'

/** Who is logged in, and the way out; nothing where nobody is. */
export function LogOut() {
  const name = useAccountName()
  const leave = useMutation({ mutationFn: logOut })
  if (name === null) return null
  return (
    <>
      <span className={styles.account}>{name}</span>
      <button type="button" className={styles.leave} title={words.logIn.leaveAs(name)} disabled={leave.isPending} onClick={() => leave.mutate()}>
        {leave.isError ? words.logIn.leaveAgain : words.logIn.leave}
      </button>
    </>
  )
}
