import { Button } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import type { Retention } from '../../../api/contract/retention.ts'
import { useAnswer } from '../../answers.ts'
import { count, counted, day, instant } from '../../format.ts'
import { Figures, Panel } from '../../parts/panel.tsx'
import { Shown } from '../../parts/states.tsx'
import { useSession } from '../../session.ts'
import { ChangeRetention } from './change-retention.tsx'

/** How long what has ended is kept, and what was removed last; administrators change it. */
export function RetentionSection() {
  const admin = useSession().scopes.includes('admin')
  const [isChanging, dialog] = useDisclosure(false)
  const retention = useAnswer('Retention', '/v1/retention', {}, { refreshMs: 30_000 })
  return (
    <Panel
      title="Retention"
      note="How long documents that have ended are kept; open ones stay whole, with what they come from"
      aside={
        admin && (
          <Button size="xs" variant="default" onClick={dialog.open} disabled={retention.data === undefined}>
            Change…
          </Button>
        )
      }
    >
      <Shown of={retention} height={120}>
        {(data) => (
          <>
            <Figures items={figuresOf(data)} />
            {isChanging && <ChangeRetention days={data.days} onClose={dialog.close} />}
          </>
        )}
      </Shown>
    </Panel>
  )
}

function figuresOf({ days, takes_effect_at, cut, held_by, kept_since, last }: Retention) {
  const removed = last?.removed
  return [
    {
      name: 'Kept',
      value: days === null ? 'for ever' : counted(days, 'day'),
      note: takes_effect_at === null ? undefined : `in effect from ${instant(takes_effect_at)}`,
    },
    ...(cut === null
      ? []
      : [
          {
            name: 'The next removal takes what ended before',
            value: day(cut),
            note: held_by === null ? undefined : `held by the frozen month ${held_by}`,
          },
        ]),
    ...(kept_since === null ? [] : [{ name: 'The history is whole since', value: day(kept_since) }]),
    {
      name: 'Last removal',
      value: last === null ? 'none yet' : last.finished_at === null ? 'running' : instant(last.finished_at),
      note:
        removed === undefined
          ? undefined
          : `${counted(removed.documents, 'document')}, ${counted(removed.events, 'event')}, ${counted(removed.calls, 'call')}, ${counted(removed.logs, 'log record')}, ${count(removed.measurements)} measurements`,
    },
  ]
}
