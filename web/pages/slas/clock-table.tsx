import type { Clocks } from '../../../api/contract/slas.ts'
import { duration, instant, percent, words } from '../../format.ts'
import { money } from '../../money.ts'
import { useNow } from '../../now.ts'
import { CsvButton } from '../../parts/csv-button.tsx'
import { causeName } from '../../parts/delay-causes.tsx'
import { DocumentLink, ScopedLink } from '../../parts/scoped-link.tsx'
import { type Column, Table } from '../../parts/table.tsx'
import { ClockStateChip, untilText } from './sla-parts.tsx'

/** A clock of a list. */
export type ListedClock = Clocks['clocks'][number]

type Shown = 'risk' | 'paused' | 'overdue' | 'ended'
type Props = { label: string; rows: readonly ListedClock[]; show: Shown; oneSla: boolean }

/** Clocks, one a row, with what matters of those that are at risk, stand still, or have ended. */
export function ClockTable({ label, rows, show, oneSla }: Props) {
  const now = useNow()
  const columns: (Column<ListedClock> | null)[] = [
    {
      head: 'Document',
      render: ({ type, id, subject, epoch }) => (
        <div className="two-lines">
          <DocumentLink type={type} id={id} />
          <span className="dim">
            {words(type)}
            {subject !== '' && ` · ${subject}`}
            {epoch > 1 && ` · epoch ${epoch}`}
          </span>
        </div>
      ),
    },
    oneSla ? null : { head: 'SLA', render: ({ sla }) => <ScopedLink to={`/slas/${encodeURIComponent(sla)}`}>{sla}</ScopedLink> },
    show === 'risk'
      ? {
          head: 'State',
          render: (one) => <ClockStateChip of={one.state} />,
          nowrap: true,
        }
      : null,
    show === 'risk' ? { head: 'Breach', render: ({ breach_probability }) => percent(breach_probability), right: true } : null,
    show === 'risk' || show === 'overdue'
      ? { head: 'Money', render: ({ amount, currency }) => money(amount, currency), right: true }
      : null,
    show === 'paused'
      ? {
          head: 'Held so far',
          render: ({ pauses }) =>
            pauses.map(({ reason, held_s }) => `${words(reason)}${held_s > 0 ? ` ${duration(held_s)}` : ''}`).join(', '),
        }
      : null,
    { head: 'Used', render: (one) => usedText(one), right: true },
    show === 'ended'
      ? { head: 'Deadline', render: ({ deadline_at }) => instant(deadline_at), nowrap: true }
      : { head: 'Deadline', render: ({ deadline_at }) => untilText(deadline_at, now), nowrap: true },
    show === 'ended'
      ? {
          head: 'Ended',
          render: ({ ended_at }) => (ended_at === null ? <span className="sla-missed">still open</span> : instant(ended_at)),
          nowrap: true,
        }
      : null,
    show === 'ended' ? { head: 'Over', render: (one) => overText(one, now), right: true } : null,
    show === 'ended'
      ? { head: 'Because of', render: ({ because }) => becauseText(because) || <span className="dim">–</span> }
      : null,
    show === 'overdue' && rows.some(({ escalations }) => escalations.length > 0)
      ? { head: 'Escalated', render: (one) => escalatedText(one, now), right: true }
      : null,
    { head: 'Supplier', render: ({ supplier }) => supplier || <span className="dim">–</span> },
    { head: 'Entity', render: ({ entity }) => entity || <span className="dim">–</span> },
  ]
  return <Table<ListedClock> label={label} rows={rows} rowKey={keyOf} columns={columns.filter((column) => column !== null)} />
}

const keyOf = ({ sla, type, id, subject, epoch }: ListedClock): string => `${sla} ${type} ${id} ${subject} ${epoch}`

function usedText({ used_s, target_s }: ListedClock): string {
  return target_s === null ? duration(used_s) : `${duration(used_s)} of ${duration(target_s)}`
}

function becauseText(because: ListedClock['because']): string {
  return because.map((set) => set.map(causeName).join(' and ')).join(', or ')
}

/** The step of escalation that is reached: `1 of 2`. */
function escalatedText({ escalations }: ListedClock, now: number): string {
  const reached = escalations.filter((at) => at !== null && Date.parse(at) <= now).length
  return escalations.length === 0 ? '–' : `${reached} of ${escalations.length}`
}

function overText({ deadline_at, ended_at }: ListedClock, now: number): string {
  if (deadline_at === null) return '–'
  const over = ((ended_at === null ? now : Date.parse(ended_at)) - Date.parse(deadline_at)) / 1000
  return over > 0 ? duration(over) : '–'
}

/** Hands out clocks as CSV. */
export function ClockCsv({ name, rows }: { name: string; rows: readonly ListedClock[] | undefined }) {
  return (
    <CsvButton
      name={name}
      head={[
        'sla',
        'version',
        'type',
        'id',
        'subject',
        'epoch',
        'state',
        'breach_probability',
        'amount',
        'currency',
        'started_at',
        'deadline_at',
        'ended_at',
        'used_s',
        'target_s',
        'paused',
        'because',
        'because_systems',
        'escalations',
        'calendar',
        'calendar_since',
        'supplier',
        'entity',
        'known_since',
      ]}
      rows={rows}
      cells={(one) => [
        one.sla,
        one.sla_version,
        one.type,
        one.id,
        one.subject,
        one.epoch,
        one.state,
        one.breach_probability,
        one.amount,
        one.currency,
        one.started_at,
        one.deadline_at,
        one.ended_at,
        one.used_s,
        one.target_s,
        one.pauses.map(({ reason, held_s }) => `${reason} ${held_s} s`).join('; '),
        one.because.map((set) => set.join('+')).join('; '),
        one.because_systems.map((set) => set.join('+')).join('; '),
        one.escalations.join('; '),
        one.calendar,
        one.calendar_since,
        one.supplier,
        one.entity,
        one.known_since,
      ]}
    />
  )
}
