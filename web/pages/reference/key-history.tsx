import type { ReferenceRow } from '../../../api/contract/reference.ts'
import { useAnswer } from '../../answers.ts'
import { instant } from '../../format.ts'
import { jsonText } from '../../json-text.ts'
import { CodeBlock } from '../../parts/code-block.tsx'
import { Dialog } from '../../parts/dialog.tsx'
import { StateChip } from '../../parts/state-chip.tsx'
import { Empty, Shown } from '../../parts/states.tsx'
import { Period } from './period.tsx'

type Props = { kind: string; of: string; onClose: () => void }

/** Everything that was ever said of a key: when it was said, by whom, for which period, and since when it no longer stands. */
export function KeyHistory({ kind, of, onClose }: Props) {
  const history = useAnswer('ReferenceRows', `/v1/reference/${kind}`, { key: of })
  return (
    <Dialog title={of} opened onClose={onClose} side="right" size="40rem">
      <Shown of={history} height={400}>
        {({ rows }) =>
          rows.length === 0 ? (
            <Empty title="Nothing was ever said of this key" />
          ) : (
            <ol className="stack reference-history" aria-label="What was ever said of it, the newest first">
              {rows.map((row) => (
                <Statement key={row.id} of={row} />
              ))}
            </ol>
          )
        }
      </Shown>
    </Dialog>
  )
}

function Statement({ of }: { of: ReferenceRow }) {
  return (
    <li>
      <div className="row">
        {of.replaced_at === null ? (
          <StateChip tone="good">stands</StateChip>
        ) : (
          <StateChip tone="none">until {instant(of.replaced_at)}</StateChip>
        )}
        <Period of={of} />
      </div>
      <p className="dim form-note">
        Said {instant(of.recorded_at)} by {of.recorded_by}
      </p>
      <CodeBlock code={jsonText(of.body)} label={`What was said ${instant(of.recorded_at)}`} />
    </li>
  )
}
