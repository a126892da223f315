import { Button, NativeSelect, PasswordInput } from '@mantine/core'
import { useState } from 'react'
import type { RegisteredSource } from '../../../../api/contract/feeds.ts'
import { useAct } from '../../../answers.ts'
import { day, instant } from '../../../format.ts'
import { CodeBlock } from '../../../parts/code-block.tsx'
import { Dialog } from '../../../parts/dialog.tsx'
import { ScopedLink } from '../../../parts/scoped-link.tsx'
import { StateChip } from '../../../parts/state-chip.tsx'
import { Fault } from '../../../parts/states.tsx'
import { useSession } from '../../../session.ts'
import { FreshnessChip, type Freshness } from './freshness-chip.tsx'
import { PauseButton } from './pause-button.tsx'
import { SecretOnce } from './secret-once.tsx'
import { KINDS } from './source-kinds.ts'
import { TryPayload } from './try-payload.tsx'

type Props = { of: RegisteredSource; freshness: Freshness | undefined; onClose: () => void }

/** Everything about one registered source, and what can be done with it. */
export function SourceDrawer({ of, freshness, onClose }: Props) {
  const admin = useSession().scopes.includes('admin')
  const settings = Object.entries(of.config).filter(([, value]) => value !== '' && value !== null)
  return (
    <Dialog title={of.name} opened onClose={onClose} side="right" size="42rem">
      <div className="stack">
        <div className="row">
          {of.state === 'paused' ? <StateChip tone="none">paused</StateChip> : <FreshnessChip of={freshness} />}
          {freshness !== undefined && freshness.message !== '' && <span className="dim">{freshness.message}</span>}
          <span style={{ flex: 1 }} />
          {admin && <PauseButton of={of} />}
        </div>
        {of.path !== null && (
          <section>
            <h3 className="section-title">Address to send to</h3>
            <CodeBlock code={`${location.origin}${of.path}`} label="Address to send to" />
          </section>
        )}
        <section>
          <h3 className="section-title">Set-up</h3>
          <dl className="meaning">
            <dt>Id</dt>
            <dd className="mono">{of.id}</dd>
            <dt>Kind</dt>
            <dd>{KINDS[of.kind].name}</dd>
            <dt>Format</dt>
            <dd className="mono">{of.format}</dd>
            <dt>Mapping</dt>
            <dd>
              {of.mapping === null ? (
                'none'
              ) : (
                <>
                  <ScopedLink to={`/data/mappings/${encodeURIComponent(of.mapping)}`}>{of.mapping}</ScopedLink>
                  {of.mapping_version === null ? ', the newest version' : `, version ${of.mapping_version}`}
                </>
              )}
            </dd>
            <dt>System</dt>
            <dd>{of.system_id ?? 'none named'}</dd>
            {settings.map(([name, value]) => (
              <div key={name} style={{ display: 'contents' }}>
                <dt>{name.replaceAll('_', ' ')}</dt>
                <dd className="mono">{typeof value === 'string' ? value : JSON.stringify(value)}</dd>
              </div>
            ))}
            <dt>Since</dt>
            <dd className="num">{day(of.created_at)}</dd>
          </dl>
        </section>
        {(of.kind === 'webhook' || of.kind === 'n8n') && <Secrets of={of} admin={admin} />}
        {admin && (
          <section>
            <h3 className="section-title">Try a payload</h3>
            <TryPayload of={of} />
          </section>
        )}
        {admin && <Remove of={of} onDone={onClose} />}
      </div>
    </Dialog>
  )
}

const OVERLAPS = [
  { value: '86400', label: 'is taken for another day' },
  { value: '3600', label: 'is taken for another hour' },
  { value: '604800', label: 'is taken for another week' },
  { value: '0', label: 'ends at once' },
]

function Secrets({ of, admin }: { of: RegisteredSource; admin: boolean }) {
  const [overlap, setOverlap] = useState('86400')
  const [own, setOwn] = useState('')
  const rotate = useAct('SourceRotated', () => ({
    path: `/v1/sources/${encodeURIComponent(of.id)}/rotate`,
    body: { overlap_s: Number(overlap), ...(own === '' ? {} : { secret: own }) },
  }))
  return (
    <section>
      <h3 className="section-title">{of.kind === 'n8n' ? 'API key' : 'Secrets'}</h3>
      <ul className="outcomes">
        {of.secrets.map(({ id, created_at, expires_at }, index) => (
          <li key={id}>
            <span className="mono">{id}</span>
            <span className="dim num">
              {index === 0 ? 'in use' : 'earlier'}, since {instant(created_at)}
              {expires_at !== null && `, until ${instant(expires_at)}`}
            </span>
          </li>
        ))}
      </ul>
      {admin && rotate.data === undefined && (
        <form
          className="row rotate"
          onSubmit={(event) => {
            event.preventDefault()
            rotate.mutate()
          }}
        >
          <PasswordInput
            size="xs"
            label="New secret"
            placeholder={of.kind === 'n8n' ? 'The API key' : 'Made here where left empty'}
            value={own}
            onChange={(event) => setOwn(event.currentTarget.value)}
            required={of.kind === 'n8n'}
            autoComplete="off"
          />
          <NativeSelect
            size="xs"
            label="The present one"
            value={overlap}
            onChange={(event) => setOverlap(event.currentTarget.value)}
            data={OVERLAPS}
          />
          <Button size="xs" variant="default" type="submit" loading={rotate.isPending}>
            Rotate the secret
          </Button>
        </form>
      )}
      {rotate.isError && <Fault error={rotate.error} />}
      {rotate.data !== undefined && <SecretOnce secret={rotate.data.secret} />}
    </section>
  )
}

function Remove({ of, onDone }: { of: RegisteredSource; onDone: () => void }) {
  const [asking, setAsking] = useState(false)
  const remove = useAct('Nothing', () => ({ method: 'DELETE', path: `/v1/sources/${encodeURIComponent(of.id)}` }))
  if (!asking) {
    return (
      <div>
        <Button size="xs" variant="default" onClick={() => setAsking(true)}>
          Remove this source…
        </Button>
      </div>
    )
  }
  return (
    <section className="state problem">
      <h2>Remove {of.name}?</h2>
      <p>
        Its address and secrets end at once. What came through it stays; its dead letters stay and can still be purged. This
        cannot be undone.
      </p>
      {remove.isError && <Fault error={remove.error} />}
      <div className="row">
        <Button size="xs" variant="default" onClick={() => setAsking(false)}>
          Keep it
        </Button>
        <Button
          size="xs"
          color="red.9"
          loading={remove.isPending}
          onClick={() => remove.mutate(undefined, { onSuccess: onDone })}
        >
          Remove it
        </Button>
      </div>
    </section>
  )
}
