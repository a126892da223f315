import { structuredPatch } from 'diff'
import { Fragment, useMemo } from 'react'
import { ScrollRegion } from './scroll-region.tsx'

const MARKS = { same: ' ', gone: '−', new: '+' } as const

/** Longest search for the shortest way from one text to the other, ms; texts that differ in nearly every line take longer. */
const PATIENCE_MS = 500

/** How a text changed, with some lines round each change. */
export function DiffView({ former, present, label }: { former: string; present: string; label: string }) {
  const hunks = useMemo(() => hunksOf(former, present), [former, present])
  if (former === present) return <p className="dim">No difference.</p>
  if (hunks === null) return <p className="dim">Nearly everything is different.</p>
  return (
    <ScrollRegion component="pre" className="diff" label={label}>
      {hunks.map(({ key, lines }, index) => (
        <Fragment key={key}>
          {index > 0 && <span className="dim">{'  ⋯\n'}</span>}
          {lines.map((line) => (
            <span key={line.key} data-kind={line.kind}>
              {`${MARKS[line.kind]} ${line.text}\n`}
            </span>
          ))}
        </Fragment>
      ))}
    </ScrollRegion>
  )
}

type Line = { key: string; kind: keyof typeof MARKS; text: string }

/** The changed stretches of a text; a line has its number in the former text, in the present one, or in both. Null where that takes long. */
function hunksOf(former: string, present: string): { key: string; lines: Line[] }[] | null {
  const patch = structuredPatch('', '', `${former}\n`, `${present}\n`, undefined, undefined, {
    context: 3,
    timeout: PATIENCE_MS,
  })
  if (patch === undefined) return null
  return patch.hunks.map(({ oldStart, newStart, lines }) => {
    let [before, after] = [oldStart, newStart]
    return {
      key: `${oldStart} ${newStart}`,
      lines: lines.map((line) => {
        const text = line.slice(1)
        if (line.startsWith('-')) return { key: `${before++} −`, kind: 'gone' as const, text }
        if (line.startsWith('+')) return { key: `+ ${after++}`, kind: 'new' as const, text }
        return { key: `${before++} ${after++}`, kind: 'same' as const, text }
      }),
    }
  })
}
