import { Button } from '@mantine/core'
import { useState } from 'react'
import { useSearchParams } from 'react-router'
import type { AlertDetail } from '../../../api/contract/alerts.ts'
import { useAct, useAnswer } from '../../answers.ts'
import { duration, instant } from '../../format.ts'
import { useNow } from '../../now.ts'
import { ClassBadge } from '../../parts/classes.tsx'
import { Figures, PageHead, Panel } from '../../parts/panel.tsx'
import { ScopedLink } from '../../parts/scoped-link.tsx'
import { Severity } from '../../parts/severity.tsx'
import { Fault, Shown } from '../../parts/states.tsx'
import { useSession } from '../../session.ts'
import { ActDialog, type Act } from './act-dialog.tsx'
import { AlertState, lasted, needsAcknowledging, scopeText } from './alert-parts.tsx'
import { Deliveries, Parties } from './alert-people.tsx'
import { Members } from './alert-members.tsx'
import { Story, Transitions } from './alert-story.tsx'
import { EngineBanner } from './engine-banner.tsx'
import { SilenceDialog } from './silences/silence-dialog.tsx'
import { matcherFor } from './silences/silence-text.ts'

const REFRESH_MS = 10_000

/** One alert: what it is about, who is told, what happened when, and what people can do about it. */
export function AlertView({ id }: { id: string }) {
  const answer = useAnswer('AlertDetail', `/v1/alerts/${encodeURIComponent(id)}`, {}, { refreshMs: REFRESH_MS })
  if (answer.data === undefined)
    return (
      <>
        <PageHead title="Alert">
          <ScopedLink to="/alerts">All alerts</ScopedLink>
        </PageHead>
        <Shown of={answer} height={420}>
          {() => null}
        </Shown>
      </>
    )
  return <Whole of={answer.data} />
}

function Whole({ of }: { of: AlertDetail }) {
  const now = useNow()
  return (
    <>
      <PageHead title={of.title} aside={<Acts of={of} />}>
        <ScopedLink to="/alerts">All alerts</ScopedLink>
      </PageHead>
      <EngineBanner />
      <div className="stack">
        <div className="row alert-marks">
          <Severity of={of.severity} />
          <AlertState of={of.state} />
          <ClassBadge of={of.class} />
          <span className="dim">
            {of.state === 'resolved'
              ? `over since ${instant(of.resolved_at)}, lasted ${lasted(of, now)}`
              : `goes on for ${lasted(of, now)}, since ${instant(of.started_at)}`}
          </span>
        </div>
        <Linked of={of} />
        <Panel title="What it is about" note={of.cause === '' ? 'its cause is not known' : undefined}>
          {of.cause !== '' && <p className="alert-cause">{of.cause}</p>}
          <Figures
            items={[
              { name: 'Affected', value: scopeText(of) },
              { name: 'Money at risk', value: of.scope.money || '–' },
              ...(of.sla === '' ? [] : [{ name: 'Service level', value: of.sla }]),
              ...(of.system === '' ? [] : [{ name: 'System', value: of.system }]),
              { name: 'Began, by the events', value: instant(of.started_at) },
              { name: 'Opened by the engine', value: instant(of.opened_at), note: foundAfter(of) },
            ]}
          />
          <p className="row alert-links">
            <span>
              Rule <ScopedLink to={`/alerts/rules/${encodeURIComponent(of.rule)}`}>{of.rule_title}</ScopedLink>
              {of.rule_version !== null && <span className="dim"> version {of.rule_version}</span>}
              {of.rule_state === 'retired' && <span className="dim"> (retired)</span>}
            </span>
            {of.runbook !== null && (
              <a href={of.runbook} target="_blank" rel="noreferrer">
                Runbook
              </a>
            )}
            {of.trace_id !== null && (
              <ScopedLink to={`/integrations/traces/${encodeURIComponent(of.trace_id)}`}>Trace</ScopedLink>
            )}
            {of.runbook === null && <span className="dim">its rule names no runbook</span>}
          </p>
        </Panel>
        <div className="split">
          <Parties of={of} />
          <Verdict of={of} />
        </div>
        <Members of={of} />
        <Story of={of} />
        <Deliveries of={of} />
        <Transitions of={of} />
      </div>
    </>
  )
}

function Acts({ of }: { of: AlertDetail }) {
  const admin = useSession().scopes.includes('admin')
  const [search] = useSearchParams()
  const [act, setAct] = useState<Act | null>(null)
  // The link of a message that silences leads here.
  const [isSilencing, setSilencing] = useState(search.get('silence') === '1' && of.state !== 'resolved')
  if (!admin) return null
  const isOpen = of.state !== 'resolved'
  const answering = of.parties.some(({ state }) => state === 'held' || state === 'told' || state === 'acknowledged')
  return (
    <div className="row">
      {needsAcknowledging(of) && (
        <Button size="xs" onClick={() => setAct('acknowledge')}>
          Acknowledge
        </Button>
      )}
      {isOpen && answering && (
        <Button size="xs" variant="default" onClick={() => setAct('hand-over')}>
          Hand over
        </Button>
      )}
      {isOpen && of.silence === null && (
        <Button size="xs" variant="default" onClick={() => setSilencing(true)}>
          Silence
        </Button>
      )}
      <Button size="xs" variant="default" onClick={() => setAct('note')}>
        Add a note
      </Button>
      {of.closable && (
        <Button size="xs" variant="default" onClick={() => setAct('resolve')}>
          Close it
        </Button>
      )}
      {isSilencing && <SilenceDialog start={matcherFor(of)} onClose={() => setSilencing(false)} />}
      <ActDialog of={of} act={act} onClose={() => setAct(null)} />
    </div>
  )
}

/** Why it is quiet, or whose follow-up it is. */
function Linked({ of }: { of: AlertDetail }) {
  return (
    <>
      {of.stale !== null && (
        <p className="alert-banner" role="status">
          <strong>Stale: its data is missing.</strong> {of.stale}. It stays as it was known last, and is not over because nothing
          comes any more.
        </p>
      )}
      {of.held_by !== null && (
        <p className="alert-notice">
          <strong>Held back</strong> while <ScopedLink to={`/alerts/${of.held_by.id}`}>{of.held_by.title}</ScopedLink> lasts:
          nobody is told of what an incident blocks. What still holds afterwards is told then.
        </p>
      )}
      {of.silence !== null && (
        <p className="alert-notice">
          <strong>{of.silence.kind === 'maintenance' ? 'Maintenance' : 'Silenced'}</strong> until {instant(of.silence.to)} by{' '}
          {of.silence.created_by}: {of.silence.reason}
        </p>
      )}
      {of.followed !== null && of.held_by === null && (
        <p className="alert-notice">
          Follows up <ScopedLink to={`/alerts/${of.followed.id}`}>{of.followed.title}</ScopedLink>: what still holds after it.
        </p>
      )}
      {(of.holds.length > 0 || of.follow_ups.length > 0) && (
        <p className="alert-notice">
          {of.holds.length > 0 ? 'Holds back ' : 'Followed up by '}
          {[...of.holds, ...of.follow_ups.filter(({ id }) => of.holds.every((one) => one.id !== id))].map((one, index) => (
            <span key={one.id}>
              {index > 0 && '; '}
              <ScopedLink to={`/alerts/${one.id}`}>{one.title}</ScopedLink>
            </span>
          ))}
        </p>
      )}
    </>
  )
}

function Verdict({ of }: { of: AlertDetail }) {
  const admin = useSession().scopes.includes('admin')
  const judge = useAct('AlertDetail', (verdict: 'useful' | 'noise') => ({
    path: `/v1/alerts/${of.id}/verdict`,
    body: { verdict },
  }))
  return (
    <Panel title="Was this alert useful?" note="the quality of its rule is judged by what people say">
      <div className="row">
        {(['useful', 'noise'] as const).map((verdict) => (
          <Button
            key={verdict}
            size="xs"
            variant={of.verdict === verdict ? 'filled' : 'default'}
            aria-pressed={of.verdict === verdict}
            disabled={!admin}
            loading={judge.isPending && judge.variables === verdict}
            onClick={() => judge.mutate(verdict)}
          >
            {verdict === 'useful' ? 'Useful' : 'Noise'}
          </Button>
        ))}
        <span className="dim">{of.verdict === null ? 'nobody has said yet' : `called ${of.verdict}`}</span>
      </div>
      {judge.isError && <Fault error={judge.error} />}
    </Panel>
  )
}

function foundAfter(of: AlertDetail): string {
  const seconds = (Date.parse(of.opened_at) - Date.parse(of.started_at)) / 1000
  return seconds < 1 ? 'at once' : `${duration(seconds)} later`
}
