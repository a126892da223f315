import { Button } from '@mantine/core'
import { useState } from 'react'
import type { ViolationDetail } from '../../../api/contract/controls.ts'
import { useAnswer } from '../../answers.ts'
import { instant, words } from '../../format.ts'
import { money } from '../../money.ts'
import { Dialog } from '../../parts/dialog.tsx'
import { Severity } from '../../parts/severity.tsx'
import { DocumentLink } from '../../parts/scoped-link.tsx'
import { Shown } from '../../parts/states.tsx'
import { Table } from '../../parts/table.tsx'
import { DecisionDialog, type Decision } from './decision-dialog.tsx'
import { ViolationState } from './violation-parts.tsx'

type Props = { id: string | null; onClose: () => void; onOpen: (id: string) => void }

/** One violation: the events that show it, what was known and when, what people decided, and what is linked. */
export function ViolationDrawer({ id, onClose, onOpen }: Props) {
  return (
    <Dialog title="Violation" opened={id !== null} onClose={onClose} side="right" size="46rem">
      {id !== null && <Detail key={id} id={id} onOpen={onOpen} />}
    </Dialog>
  )
}

function Detail({ id, onOpen }: { id: string; onOpen: (id: string) => void }) {
  const answer = useAnswer('ViolationDetail', `/v1/violations/${encodeURIComponent(id)}`)
  const [deciding, setDeciding] = useState<Decision | null>(null)
  return (
    <Shown of={answer} height={420}>
      {(of) => (
        <div className="stack">
          <h3 className="plain-title">{of.title}</h3>
          <p className="plain-text">{of.detail}</p>
          <div className="row">
            <Severity of={of.severity} />
            <ViolationState of={of.state} />
            <DocumentLink type={of.document_type} id={of.document_id} />
            <span className="dim">{words(of.document_type)}</span>
          </div>
          <Facts of={of} />
          {of.state !== 'retracted' && (
            <div className="row">
              {of.state === 'open' && (
                <Button size="xs" onClick={() => setDeciding('accepted')}>
                  Accept
                </Button>
              )}
              {of.state !== 'remediated' && (
                <Button size="xs" variant="default" onClick={() => setDeciding('remediated')}>
                  Remediated
                </Button>
              )}
              {of.state !== 'open' && (
                <Button size="xs" variant="default" onClick={() => setDeciding('open')}>
                  Reopen
                </Button>
              )}
            </div>
          )}
          <Events of={of.events} />
          <Known of={of} onOpen={onOpen} />
          <p className="plain-text dim">{of.definition}</p>
          <DecisionDialog id={of.id} to={deciding} onClose={() => setDeciding(null)} />
        </div>
      )}
    </Shown>
  )
}

function Facts({ of }: { of: ViolationDetail }) {
  const facts = [
    ['Came about', instant(of.detected_at)],
    ['Found', instant(of.known_from)],
    ['Money at risk', money(of.amount, of.currency)],
    ['Offender', of.offender || '–'],
    ['Policy', of.policy_id === '' ? '–' : `${of.policy_id}, version ${of.policy_version}`],
    ...Object.entries(of.dimensions).map(([name, value]) => [words(name), value]),
  ]
  return (
    <dl className="violation-facts">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  )
}

function Events({ of }: { of: ViolationDetail['events'] }) {
  return (
    <section>
      <h3 className="plain-title">Evidence</h3>
      <Table<ViolationDetail['events'][number]>
        label="Events that show it"
        rows={of}
        rowKey={({ id }) => id}
        columns={[
          { head: 'At', render: ({ occurred_at }) => instant(occurred_at), nowrap: true },
          {
            head: 'Event',
            render: (one) => (
              <div className="two-lines">
                <span>{words(one.activity)}</span>
                <span className="dim mono">{one.objects.join(' ')}</span>
              </div>
            ),
          },
          {
            head: 'By',
            render: (one) => (
              <div className="two-lines">
                <span>{one.actor_id || '–'}</span>
                <span className="dim">{one.on_behalf_of === '' ? one.system : `for ${one.on_behalf_of}`}</span>
              </div>
            ),
          },
          { head: 'Outcome', render: ({ status, code }) => [status, code].filter((text) => text !== '').join(' ') || '–' },
          { head: 'Amount', render: (one) => money(one.amount, one.currency), right: true },
        ]}
      />
    </section>
  )
}

function Known({ of, onOpen }: { of: ViolationDetail; onOpen: (id: string) => void }) {
  return (
    <>
      {of.linked.length > 0 && (
        <section>
          <h3 className="plain-title">
            {of.control === 'reported-by-workflow' ? 'Found by Sightline, too' : 'Reported by the workflow, too'}
          </h3>
          {of.linked.map((one) => (
            <p key={one.id} className="plain-text">
              <Button size="compact-xs" variant="default" onClick={() => onOpen(one.id)}>
                {one.title}
              </Button>{' '}
              {one.detail}
            </p>
          ))}
        </section>
      )}
      <section>
        <h3 className="plain-title">Decisions</h3>
        {of.decisions.length === 0 ? (
          <p className="plain-text dim">Nobody has decided on it.</p>
        ) : (
          <Table<ViolationDetail['decisions'][number]>
            label="What people decided"
            rows={of.decisions}
            rowKey={({ decided_at, state }) => `${decided_at} ${state}`}
            columns={[
              { head: 'At', render: ({ decided_at }) => instant(decided_at), nowrap: true },
              { head: 'To', render: ({ state }) => <ViolationState of={state} />, nowrap: true },
              { head: 'Why', render: ({ reason }) => reason },
              { head: 'Attested by', render: ({ attested_by }) => attested_by ?? '–' },
              { head: 'Decided by', render: ({ decided_by }) => <span className="mono">{decided_by}</span> },
            ]}
          />
        )}
      </section>
      <section>
        <h3 className="plain-title">What was known, and since when</h3>
        <Table<ViolationDetail['history'][number]>
          label="States of the violation"
          rows={of.history}
          rowKey={({ known_at }) => known_at}
          columns={[
            { head: 'Known since', render: ({ known_at }) => instant(known_at), nowrap: true },
            { head: 'State', render: ({ retracted }) => (retracted ? 'retracted' : 'found'), nowrap: true },
            { head: 'What', render: ({ detail }) => detail },
            { head: 'At risk', render: (one) => money(one.amount, one.currency), right: true },
          ]}
        />
      </section>
    </>
  )
}
