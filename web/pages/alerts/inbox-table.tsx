import { Button } from '@mantine/core'
import { useEffect, useRef } from 'react'
import { ago, instant } from '../../format.ts'
import { useNow } from '../../now.ts'
import { ClassBadge } from '../../parts/classes.tsx'
import { ScopedLink } from '../../parts/scoped-link.tsx'
import { Severity } from '../../parts/severity.tsx'
import { Table } from '../../parts/table.tsx'
import { useSession } from '../../session.ts'
import { type Alert, AlertState, Answering, lasted, needsAcknowledging, scopeText } from './alert-parts.tsx'

type Props = {
  rows: readonly Alert[]
  /** Id of the alert that is being acknowledged. */
  acknowledging: string | undefined
  onAcknowledge: (id: string) => void
  onSilence: (one: Alert) => void
}

/** The list of alerts; j and k go to the next and the one before, Enter opens it, a acknowledges and s silences it. */
export function InboxTable({ rows, acknowledging, onAcknowledge, onSilence }: Props) {
  const now = useNow()
  const admin = useSession().scopes.includes('admin')
  const list = useRef<HTMLDivElement>(null)
  useKeys(list)
  return (
    <div ref={list} className="inbox">
      <Table<Alert>
        label="Alerts"
        rows={rows}
        rowKey={({ id }) => id}
        columns={[
          { head: 'Severity', render: ({ severity }) => <Severity of={severity} />, nowrap: true },
          {
            head: 'Alert',
            render: (one) => (
              <div className="two-lines inbox-what">
                <ScopedLink to={`/alerts/${one.id}`} className="inbox-title">
                  {one.title}
                </ScopedLink>
                <span className="dim">{one.cause === '' ? one.rule_title : one.cause}</span>
                {(one.stale !== null || one.follows !== null || one.state !== 'firing') && (
                  <span className="row inbox-marks">
                    {one.state !== 'firing' && <AlertState of={one.state} />}
                    {one.stale !== null && (
                      <span className="chip" data-tone="bad" title={one.stale}>
                        stale: data is missing
                      </span>
                    )}
                    {one.follows !== null && <span className="chip">follow-up of an outage</span>}
                  </span>
                )}
              </div>
            ),
          },
          { head: 'Class', render: ({ class: of }) => <ClassBadge of={of} />, nowrap: true },
          { head: 'Affected', render: scopeText, nowrap: true },
          { head: 'Money at risk', render: ({ scope }) => scope.money || <span className="dim">–</span>, right: true },
          {
            head: 'Age',
            render: (one) => (
              <span title={`since ${instant(one.started_at)}, ${ago(one.started_at, now)}`}>{lasted(one, now)}</span>
            ),
            right: true,
          },
          { head: 'Told', render: (one) => <Answering of={one} now={now} /> },
          ...(admin
            ? [
                {
                  id: 'actions',
                  head: <span className="visually-hidden">Actions</span>,
                  render: (one: Alert) => (
                    <div className="row inbox-actions">
                      {needsAcknowledging(one) && (
                        <Button
                          size="compact-xs"
                          variant="default"
                          data-acknowledge
                          loading={acknowledging === one.id}
                          onClick={() => onAcknowledge(one.id)}
                        >
                          Acknowledge
                        </Button>
                      )}
                      {one.state !== 'resolved' && one.silenced_by === null && (
                        <Button size="compact-xs" variant="subtle" data-silence onClick={() => onSilence(one)}>
                          Silence
                        </Button>
                      )}
                    </div>
                  ),
                  right: true,
                },
              ]
            : []),
        ]}
      />
      <p className="dim form-note inbox-keys">
        <kbd>j</kbd> <kbd>k</kbd> next, before · <kbd>Enter</kbd> open{admin && ' · '}
        {admin && (
          <>
            <kbd>a</kbd> acknowledge · <kbd>s</kbd> silence
          </>
        )}
      </p>
    </div>
  )
}

/** Moves the focus from alert to alert, so that the browser's own Enter opens one, and presses the buttons of the row that has it. */
function useKeys(list: { current: HTMLElement | null }): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      const { target, key } = event
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || list.current === null) return
      if (target instanceof HTMLElement && target.matches('input:not([type=radio],[type=checkbox]), textarea, select')) return
      if (document.querySelector('[role="dialog"]') !== null) return
      const links = [...list.current.querySelectorAll<HTMLElement>('.inbox-title')]
      const row = document.activeElement?.closest('tr') ?? null
      const at = links.findIndex((link) => row?.contains(link) === true)
      if (key === 'j') links[Math.min(at + 1, links.length - 1)]?.focus()
      else if (key === 'k') links[Math.max(at - 1, 0)]?.focus()
      else if (key === 'a') row?.querySelector<HTMLElement>('[data-acknowledge]')?.click()
      else if (key === 's') row?.querySelector<HTMLElement>('[data-silence]')?.click()
    }
    document.addEventListener('keydown', onKey)
    return () => document.removeEventListener('keydown', onKey)
  }, [list])
}
