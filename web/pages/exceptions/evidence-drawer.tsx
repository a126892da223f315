import { instant, percent, words } from '../../format.ts'
import { CLASS_NAMES, ClassBadge } from '../../parts/classes.tsx'
import { Dialog } from '../../parts/dialog.tsx'
import { DocumentLink } from '../../parts/scoped-link.tsx'
import type { Item } from './exceptions-page.tsx'

/** Why an item has its class: the evidence of the decision, and what to do. */
export function EvidenceDrawer({ item, onClose }: { item: Item | null; onClose: () => void }) {
  return (
    <Dialog opened={item !== null} onClose={onClose} side="right" size="28rem" title="Why it has this class">
      {item !== null && (
        <div className="stack">
          <div className="row">
            <ClassBadge of={item.class} category={item.category} />
            <span className="dim">{percent(item.confidence)} confident</span>
          </div>
          <section>
            <h3 className="section-title">Why {CLASS_NAMES[item.class].short.toLowerCase()}?</h3>
            {item.evidence.length === 0 ? (
              <p className="dim">The classification left no evidence.</p>
            ) : (
              <ol className="evidence">
                {item.evidence.map((line) => (
                  <li key={line}>{line}</li>
                ))}
              </ol>
            )}
          </section>
          <dl className="meaning">
            <dt>Document</dt>
            <dd>
              {words(item.object_type)} <DocumentLink type={item.object_type} id={item.object_id} />
            </dd>
            <dt>What helps</dt>
            <dd>{words(item.reaction)}</dd>
            <dt>Code</dt>
            <dd className="mono">{item.code === '' ? '–' : item.code}</dd>
            <dt>Message</dt>
            <dd>{item.message === '' ? '–' : item.message}</dd>
            <dt>System</dt>
            <dd>{item.system === '' ? '–' : item.system}</dd>
            <dt>{item.class === 'technical' ? 'First failed' : 'Raised'}</dt>
            <dd className="num">{instant(item.raised_at)}</dd>
            <dt>{item.class === 'technical' ? 'Recovered' : 'Resolved'}</dt>
            <dd className="num">{item.resolved_at === null ? 'still open' : instant(item.resolved_at)}</dd>
            {item.attempts > 0 && (
              <>
                <dt>Attempts</dt>
                <dd className="num">{item.attempts}</dd>
              </>
            )}
            {item.caused_by !== '' && (
              <>
                <dt>Caused by</dt>
                <dd className="mono">{item.caused_by}</dd>
              </>
            )}
            <dt>{item.class === 'technical' ? 'Operation' : 'Exception'}</dt>
            <dd className="mono" style={{ overflowWrap: 'anywhere' }}>
              {item.id}
            </dd>
          </dl>
        </div>
      )}
    </Dialog>
  )
}
