import { Button, Checkbox, TextInput } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import { TelltaleError } from '@telltale/core'
import { problemOf } from '../api/problem.ts'
import { node } from '../api/queries.ts'
import { Card } from '../shell/card.tsx'
import layout from '../shell/layout.module.css'
import { PageHead } from '../shell/page-head.tsx'
import { ProblemBox } from '../shell/problem-box.tsx'
import { words } from '../words.ts'
import styles from './log-in.module.css'

/** Refusals that are about what was typed: said beside it. */
const OF_FIELD = new Set(['wrong-log-in', 'too-many-attempts'])

/** Stands in place of whatever page was asked for, which is shown once somebody is known. */
export function LogInPage() {
  const [name, setName] = useState('')
  const [password, setPassword] = useState('')
  const [isShown, setShown] = useState(false)
  const passwordField = useRef<HTMLInputElement>(null)
  const logIn = useMutation({
    mutationFn: () => node.logIn(name, password),
    // Everything is asked anew as the one who is known now.
    onSuccess: () => location.reload(),
  })
  const flaw = logIn.error instanceof TelltaleError && OF_FIELD.has(logIn.error.code) ? logIn.error : null
  useEffect(() => {
    if (flaw) passwordField.current?.select()
  }, [flaw])
  return (
    <div className={layout.page}>
      <PageHead title={words.logIn.title}>{words.logIn.subtitle}</PageHead>
      <Card className={styles.card}>
        <form
          className={styles.form}
          onSubmit={(event) => {
            event.preventDefault()
            logIn.mutate()
          }}
        >
          <TextInput name="username" label={words.logIn.name} autoComplete="username" autoCapitalize="none" spellCheck={false} required withAsterisk={false} maxLength={200} value={name} onChange={(event) => setName(event.currentTarget.value)} />
          <TextInput ref={passwordField} name="password" type={isShown ? 'text' : 'password'} label={words.logIn.password} autoComplete="current-password" autoCapitalize="none" spellCheck={false} required withAsterisk={false} maxLength={1024} value={password} error={flaw && flawText(flaw)} onChange={(event) => setPassword(event.currentTarget.value)} />
          <Checkbox label={words.own.showPassword} checked={isShown} onChange={(event) => setShown(event.currentTarget.checked)} />
          <Button className={styles.submit} type="submit" variant="filled" loading={logIn.isPending || logIn.isSuccess}>
            {words.logIn.submit}
          </Button>
        </form>
      </Card>
      <p className={styles.hint}>{words.logIn.forgotten}</p>
      {logIn.error && !flaw && <ProblemBox title={words.logIn.failed} problem={problemOf(logIn.error)} />}
    </div>
  )
}

function flawText({ code, message }: TelltaleError): string {
  return code === 'wrong-log-in' ? words.logIn.wrong : message
}
