import type { AiActions } from '../../../api/contract/ai.ts'
import { useWindowAnswer } from '../../answers.ts'
import { csvText, download } from '../../csv.ts'
import { count, instant, percent, words } from '../../format.ts'
import { Icon } from '../../parts/icons.tsx'
import { Figures, PageHead, Panel } from '../../parts/panel.tsx'
import { DocumentLink } from '../../parts/scoped-link.tsx'
import { StateChip } from '../../parts/state-chip.tsx'
import { StaleHint } from '../../parts/stale-hint.tsx'
import { Empty, Shown } from '../../parts/states.tsx'
import { Table } from '../../parts/table.tsx'
import { Button } from '@mantine/core'
import { useScope } from '../../scope.ts'
import { CalibrationPanel } from './calibration-panel.tsx'
import '../../styles/intake.css'
import '../../styles/integrations.css'

type Action = AiActions['actions'][number]
type Unreviewed = AiActions['unreviewed'][number]

const FLAGS: Readonly<Record<Unreviewed['flag'], string>> = {
  unreviewed_change: 'changed state without a person’s decision',
  unreviewed_recommendation: 'a recommendation took effect unreviewed',
}

/** What AI did, how people judged it, and what took effect without anyone's decision. */
export function AiPage() {
  const { window } = useScope()
  const answer = useWindowAnswer('AiActions', '/v1/ai', {}, { refreshMs: 60_000 })
  return (
    <>
      <PageHead
        title="AI actions"
        aside={
          <Button
            size="xs"
            variant="default"
            leftSection={<Icon name="download" size={14} />}
            disabled={answer.data === undefined}
            onClick={() => answer.data !== undefined && exportRows(answer.data)}
          >
            CSV
          </Button>
        }
      >
        AI recommends, people decide: each action with its model, its reviewer and the decision · {window.label}
      </PageHead>
      <StaleHint />
      <Shown of={answer} height={480}>
        {(ai) => <View of={ai} />}
      </Shown>
    </>
  )
}

function View({ of }: { of: AiActions }) {
  const { totals } = of
  if (totals.n === 0 && of.unreviewed.length === 0) {
    return (
      <Panel title="AI actions">
        <Empty title="No AI action in this window">
          <p>
            An event with <span className="mono">data.ai</span> – model, version, kind, input reference, confidence, reviewer and
            decision – is an AI action. What an agent does without one is shown here too.
          </p>
        </Empty>
      </Panel>
    )
  }
  return (
    <div className="stack">
      <section className="panel figures-panel" aria-label="Summary">
        <Figures
          items={[
            { name: 'AI actions', value: count(totals.n) },
            {
              name: 'Reviewed by a person',
              value: percent(totals.n === 0 ? null : totals.reviewed / totals.n),
              note: count(totals.reviewed),
            },
            { name: 'Accepted', value: percent(totals.acceptance), note: count(totals.accepted) },
            { name: 'Overridden', value: percent(totals.override), note: count(totals.overridden) },
            { name: 'Took effect unreviewed', value: <Unseen size={totals.unreviewed} /> },
            ...(totals.unjudged === 0
              ? []
              : [{ name: 'Not judged', value: count(totals.unjudged), note: 'by agents, activity without a canonical name' }]),
          ]}
        />
      </section>
      <Panel title="Took effect without a person’s decision" note="a violation, always: an AI recommends, people decide">
        {of.unreviewed.length === 0 ? (
          <Empty title="None in this window">
            <p>Every change by an AI had a person’s decision.</p>
          </Empty>
        ) : (
          <Table<Unreviewed>
            label="List of what took effect without a person’s decision"
            rows={of.unreviewed}
            rowKey={({ event_id }) => event_id}
            columns={[
              { head: 'At', render: ({ occurred_at }) => instant(occurred_at), nowrap: true },
              { head: 'What happened', render: ({ activity }) => words(activity) },
              { head: 'Why it is here', render: ({ flag }) => <StateChip tone="bad">{FLAGS[flag]}</StateChip> },
              { head: 'By', render: ({ model, actor_id }) => [actor_id, model].filter((text) => text !== '').join(', ') || '–' },
              { head: 'Kind', render: ({ kind }) => (kind === '' ? <span className="dim">none given</span> : words(kind)) },
              {
                head: 'Documents',
                render: ({ documents }) => (
                  <span className="documents">
                    {documents.map(({ type, id }) => (
                      <span key={`${type} ${id}`} title={words(type)}>
                        <DocumentLink type={type} id={id} />
                      </span>
                    ))}
                  </span>
                ),
              },
              { head: 'System', render: ({ system }) => (system === '' ? <span className="dim">–</span> : system) },
            ]}
          />
        )}
      </Panel>
      <CalibrationPanel of={of.calibration} />
      <Panel title="By kind and model" note="shares are of the actions that people judged">
        <Table<Action>
          label="AI actions by kind and model"
          rows={of.actions.toSorted((a, b) => b.n - a.n)}
          rowKey={({ kind, model, version }) => `${kind} ${model} ${version}`}
          columns={[
            { head: 'Kind', render: ({ kind }) => (kind === '' ? <span className="dim">none given</span> : words(kind)) },
            {
              head: 'Model',
              render: ({ model, version }) => (
                <span className="mono">
                  {model === '' ? '–' : model} {version}
                </span>
              ),
            },
            { head: 'Actions', render: (one) => count(one.n), right: true },
            { head: 'Reviewed', render: (one) => count(one.reviewed), right: true },
            { head: 'Accepted', render: (one) => `${percent(one.acceptance)} (${count(one.accepted)})`, right: true },
            { head: 'Overridden', render: (one) => `${percent(one.override)} (${count(one.overridden)})`, right: true },
            { head: 'Mean confidence', render: (one) => percent(one.confidence), right: true },
            { head: 'Unreviewed', render: (one) => <Unseen size={one.unreviewed} />, right: true },
          ]}
        />
      </Panel>
    </div>
  )
}

function Unseen({ size }: { size: number }) {
  return size === 0 ? <span className="dim">0</span> : <StateChip tone="bad">{count(size)}</StateChip>
}

function exportRows(of: AiActions): void {
  const columns = ['n', 'reviewed', 'accepted', 'overridden', 'unreviewed', 'confidence'] as const
  download(
    'ai-actions.csv',
    csvText(
      ['kind', 'model', 'version', ...columns],
      of.actions.map((row) => [row.kind, row.model, row.version, ...columns.map((column) => row[column])]),
    ),
  )
}
