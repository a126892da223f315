import { useState } from 'react'
import type { Import } from '../../../api/contract/data.ts'
import { bytes, count, duration, instant } from '../../format.ts'
import { CodeBlock } from '../../parts/code-block.tsx'
import { Icon } from '../../parts/icons.tsx'
import { Panel } from '../../parts/panel.tsx'
import { Empty } from '../../parts/states.tsx'
import { useScope } from '../../scope.ts'
import { FindingEntry, SeverityMark } from './finding.tsx'
import { UndoImport } from './undo-import.tsx'

const STATES: Readonly<Record<Import['state'], string>> = {
  running: 'running',
  done: 'done',
  cancelled: 'stopped; run it again to resume',
  failed: 'failed',
  undone: 'undone',
}

/** Files that were imported, each with its data-quality report. */
export function Imports({ imports }: { imports: readonly Import[] }) {
  const { tenant } = useScope()
  if (imports.length === 0) {
    return (
      <Panel title="Imports and quality">
        <Empty title="No file has been imported">
          <p>XES, OCEL, CSV or CloudEvents, plain or gzip. The import ends with a data-quality report, kept here.</p>
          <CodeBlock code={`npx sightline import FILE --tenant ${tenant}`} label="Command that imports a file" />
        </Empty>
      </Panel>
    )
  }
  return (
    <div className="stack">
      {imports.map((one, index) => (
        <ImportPanel key={one.id} of={one} openAtFirst={index === 0} />
      ))}
    </div>
  )
}

function ImportPanel({ of, openAtFirst }: { of: Import; openAtFirst: boolean }) {
  const [open, setOpen] = useState(openAtFirst)
  const findings = (of.report?.findings ?? []).toSorted((a, b) => RANK[a.severity] - RANK[b.severity])
  const clean = of.report?.checked.filter((check) => !findings.some((finding) => finding.check === check)) ?? []
  const took = of.finished_at === null ? null : (Date.parse(of.finished_at) - Date.parse(of.started_at)) / 1000
  return (
    <section className="panel import" aria-label={of.file_name}>
      <h2 className="import-title">
        <button type="button" className="import-head" aria-expanded={open} onClick={() => setOpen(!open)}>
          <Icon name="chevron" />
          <strong className="clip">{of.file_name}</strong>
          <span className="chip" data-tone={of.state === 'failed' ? 'bad' : undefined}>
            {STATES[of.state]}
          </span>
          {of.repair !== null && <span className="chip">repaired: {of.repair}</span>}
          <span className="import-marks">
            {(['error', 'warning', 'info'] as const).map((severity) => {
              const size = findings.filter((finding) => finding.severity === severity).length
              return size === 0 ? null : <SeverityMark key={severity} severity={severity} text={count(size)} />
            })}
            {of.report !== null && findings.length === 0 && (
              <span className="delta" data-verdict="good">
                no findings
              </span>
            )}
          </span>
        </button>
      </h2>
      <p className="import-facts num">
        {instant(of.started_at)} · {of.format} · {bytes(of.bytes)} · {count(of.accepted)} accepted · {count(of.duplicates)} known
        before · {count(of.rejected)} rejected
        {took !== null && ` · ${duration(took)}`} · source <span className="mono">{of.source}</span>
      </p>
      {open && (
        <div className="import-report">
          {of.report === null ? (
            <p className="dim">
              {of.state === 'running' ? 'The report comes when the file has been read.' : 'This import ended without a report.'}
            </p>
          ) : (
            <>
              {findings.map((finding) => (
                <FindingEntry key={finding.check} finding={finding} of={of} />
              ))}
              {clean.length > 0 && (
                <p className="dim">
                  Checked and found in order: {clean.map((check) => check.replaceAll(/[_-]/gu, ' ')).join(', ')}.
                </p>
              )}
              {of.report.notes.map((note) => (
                <p key={note} className="dim">
                  {note}
                </p>
              ))}
            </>
          )}
          <div className="import-undo">
            <UndoImport of={of} />
          </div>
        </div>
      )}
    </section>
  )
}

const RANK = { error: 0, warning: 1, info: 2 } as const
