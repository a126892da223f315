import type { Finding, Import } from '../../../api/contract/data.ts'
import { count, percent } from '../../format.ts'
import { CodeBlock } from '../../parts/code-block.tsx'

type Severity = Finding['severity']

const NAMES: Readonly<Record<Severity, string>> = { error: 'Error', warning: 'Warning', info: 'Note' }

/** A severity by shape and word: octagon, triangle, circle. */
export function SeverityMark({ severity, text }: { severity: Severity; text?: string }) {
  return (
    <span className="severity" data-severity={severity}>
      <svg width="12" height="12" viewBox="0 0 12 12" aria-hidden="true">
        {severity === 'error' && <path d="M3.6.6h4.8L11.4 3.6v4.8L8.4 11.4H3.6L.6 8.4V3.6z" fill="currentColor" />}
        {severity === 'warning' && <path d="M6 .8 11.6 11H.4z" fill="currentColor" />}
        {severity === 'info' && <circle cx="6" cy="6" r="4.6" fill="none" stroke="currentColor" strokeWidth="1.8" />}
      </svg>
      {text === undefined ? NAMES[severity] : `${text} ${NAMES[severity].toLowerCase()}${text === '1' ? '' : 's'}`}
    </span>
  )
}

/** One finding of a data-quality report: what, how much of it, the evidence, and the repair where there is one. */
export function FindingEntry({ finding, of }: { finding: Finding; of: Import }) {
  return (
    <article className="finding" data-severity={finding.severity}>
      <header>
        <SeverityMark severity={finding.severity} />
        <h3>{finding.check.replaceAll(/[_-]/gu, ' ')}</h3>
        <span className="dim num">
          {count(finding.count)} of {count(finding.of)} ({percent(finding.share)})
        </span>
      </header>
      <p>{finding.message}</p>
      {finding.evidence.length > 0 && (
        <ul className="finding-evidence">
          {finding.evidence.slice(0, 5).map((item) => (
            <li key={`${item.object ?? ''} ${item.ordinal ?? ''} ${item.detail}`}>
              {item.object !== undefined && <span className="mono">{item.object}</span>}
              {item.ordinal !== undefined && <span className="dim num"> event {item.ordinal}</span>} {item.detail}
            </li>
          ))}
        </ul>
      )}
      {finding.repair !== undefined && of.repair !== finding.repair.id && (
        <div className="finding-repair">
          <p>
            <strong>Repair on offer.</strong> {finding.repair.message}
          </p>
          <CodeBlock
            code={`npx sightline import ${shellWord(of.file_name)} --tenant ${of.tenant_id} --repair ${finding.repair.id}`}
            label="Command that imports the file repaired"
          />
        </div>
      )}
    </article>
  )
}

/** A word as a shell takes it literally. */
function shellWord(text: string): string {
  return /^[\w./-]+$/u.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`
}
