import { Button, PasswordInput } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { ApiError, tell } from '../api.ts'
import { ClassGlyph } from '../parts/classes.tsx'
import '../styles/sign-in.css'

/** Asks for a token and trades it for the session cookie; `reason` says why the token of the address did not do. */
export function SignIn({ reason }: { reason?: string }) {
  const queries = useQueryClient()
  const [token, setToken] = useState('')
  const signIn = useMutation({
    mutationFn: () => tell('/v1/session', { method: 'POST', body: { token: token.trim() } }),
    onSuccess: () => queries.resetQueries({ queryKey: ['session'] }),
  })
  const refused = signIn.error instanceof ApiError && signIn.error.problem.status === 401
  return (
    <main className="sign-in">
      <section className="sign-in-form">
        <img src="/mark.svg" alt="" width={40} height={40} />
        <h1>Sign in to Sightline</h1>
        <p className="dim">
          Paste the token that the server printed when it started, or an access key that an administrator made for you.
        </p>
        {reason !== undefined && (
          <p className="sign-in-refused" role="alert">
            The link that you opened did not sign you in. {reason}
          </p>
        )}
        <form
          onSubmit={(event) => {
            event.preventDefault()
            if (token.trim() !== '') signIn.mutate()
          }}
        >
          <PasswordInput
            label="Token"
            value={token}
            onChange={(event) => setToken(event.currentTarget.value)}
            autoComplete="current-password"
            data-autofocus
            size="md"
            error={signIn.isError && (refused ? 'This token is not valid here, or it was revoked.' : signIn.error.message)}
            visibilityToggleButtonProps={{ 'aria-label': 'Show the token', tabIndex: 0 }}
          />
          <Button type="submit" fullWidth mt="md" size="md" loading={signIn.isPending}>
            Sign in
          </Button>
        </form>
      </section>
      <aside className="sign-in-words">
        <p className="sign-in-lead">Where did the time and the money go, and was it the business or the technology?</p>
        <ul>
          <li>
            <ClassGlyph of="business" size={14} /> <span>Business exceptions: a person has to decide.</span>
          </li>
          <li>
            <ClassGlyph of="technical" size={14} /> <span>Technical failures: a system could not answer.</span>
          </li>
          <li>
            <ClassGlyph of="unknown" size={14} /> <span>Unclassified: shown and counted, never guessed.</span>
          </li>
        </ul>
      </aside>
    </main>
  )
}
