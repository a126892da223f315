import { Button } from '@mantine/core'
import type { Letter } from '../../../../api/contract/dead-letters.ts'
import { useAnswer } from '../../../answers.ts'
import { bytes, instant } from '../../../format.ts'
import { BytesView } from '../../../parts/bytes-view.tsx'
import { Dialog } from '../../../parts/dialog.tsx'
import { ScopedLink } from '../../../parts/scoped-link.tsx'
import { Shown } from '../../../parts/states.tsx'
import { useSession } from '../../../session.ts'
import { codeWords } from './letter-filter.ts'
import { LetterState } from './letter-state.tsx'

type Actions = { onReplay: (id: string) => void; onPurge: (id: string) => void }

/** One dead letter with all that is needed to understand it: bytes, headers, coordinates, reason, mapping. */
export function LetterDrawer({ id, onClose, ...actions }: Actions & { id: string | null; onClose: () => void }) {
  return (
    <Dialog title="Dead letter" opened={id !== null} onClose={onClose} side="right" size="44rem">
      {id !== null && <Opened key={id} id={id} {...actions} />}
    </Dialog>
  )
}

function Opened({ id, ...actions }: Actions & { id: string }) {
  const letter = useAnswer('Letter', `/v1/dead-letters/${id}`)
  return (
    <Shown of={letter} height={480}>
      {(one) => <Whole of={one} {...actions} />}
    </Shown>
  )
}

function Whole({ of, onReplay, onPurge }: Actions & { of: Letter }) {
  const admin = useSession().scopes.includes('admin')
  const headers = Object.entries(of.headers)
  return (
    <div className="stack letter">
      <section className="letter-reason">
        <h3>{codeWords(of.code)}</h3>
        <p>{of.reason}</p>
      </section>
      <div className="row">
        {admin && of.state !== 'purged' && !of.truncated && (
          <Button size="xs" onClick={() => onReplay(of.id)}>
            Replay…
          </Button>
        )}
        {of.mapping !== '' && of.state !== 'purged' && (
          <Button
            size="xs"
            variant="default"
            renderRoot={(props) => (
              <ScopedLink {...props} to={`/data/mappings/${encodeURIComponent(of.mapping)}`} with={{ letter: of.id }} />
            )}
          >
            Open the mapping with this letter
          </Button>
        )}
        {admin && of.state !== 'purged' && (
          <Button size="xs" variant="default" color="red" onClick={() => onPurge(of.id)}>
            Purge…
          </Button>
        )}
      </div>
      <section>
        <h3 className="section-title">Record</h3>
        {of.state === 'purged' ? (
          <p className="dim">Its {bytes(of.raw_bytes)} were purged.</p>
        ) : (
          <>
            <BytesView raw={of.raw} encoding={of.encoding} label="Bytes of the record" />
            {of.truncated && (
              <p className="dim">
                The record was larger than what is kept of one ({bytes(of.raw_bytes)}): it cannot be replayed from here.
              </p>
            )}
          </>
        )}
      </section>
      <section>
        <h3 className="section-title">Where it lies</h3>
        <dl className="meaning">
          <dt>Way in</dt>
          <dd className="mono">{of.feed}</dd>
          {Object.entries(of.coordinates).map(([name, value]) => (
            <div key={name} style={{ display: 'contents' }}>
              <dt>{name.slice(0, 1).toUpperCase() + name.slice(1)}</dt>
              <dd className="mono">{String(value)}</dd>
            </div>
          ))}
          <dt>Came</dt>
          <dd className="num">{instant(of.received_at)} UTC</dd>
        </dl>
      </section>
      <section>
        <h3 className="section-title">How it was read</h3>
        <dl className="meaning">
          <dt>Format</dt>
          <dd className="mono">{of.format}</dd>
          <dt>Mapping</dt>
          <dd>{of.mapping === '' ? 'none' : `${of.mapping}, version ${of.mapping_version}`}</dd>
          <dt>Code</dt>
          <dd className="mono">{of.code}</dd>
          <dt>State</dt>
          <dd>
            <LetterState of={of} />
          </dd>
          {of.note !== '' && (
            <>
              <dt>Note</dt>
              <dd>{of.note}</dd>
            </>
          )}
          <dt>Letter</dt>
          <dd className="mono">{of.id}</dd>
        </dl>
      </section>
      {headers.length > 0 && (
        <section>
          <h3 className="section-title">Headers, without credentials</h3>
          <dl className="meaning">
            {headers.map(([name, value]) => (
              <div key={name} style={{ display: 'contents' }}>
                <dt className="mono">{name}</dt>
                <dd className="mono">{value}</dd>
              </div>
            ))}
          </dl>
        </section>
      )}
    </div>
  )
}
