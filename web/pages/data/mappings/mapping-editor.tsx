import { Button, NativeSelect, Textarea, TextInput } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { useState } from 'react'
import { useNavigate, useSearchParams } from 'react-router'
import type { Letter } from '../../../../api/contract/dead-letters.ts'
import type { MappingDetail, Mappings } from '../../../../api/contract/mappings.ts'
import { useAct, useAnswer } from '../../../answers.ts'
import { counted, instant } from '../../../format.ts'
import { Panel } from '../../../parts/panel.tsx'
import { ScopedLink } from '../../../parts/scoped-link.tsx'
import { StateChip } from '../../../parts/state-chip.tsx'
import { Fault, Shown } from '../../../parts/states.tsx'
import { jsonText } from '../../../json-text.ts'
import { useAddress, useSetParameters } from '../../../scope.ts'
import { useSession } from '../../../session.ts'
import { DiffView } from '../../../parts/diff-view.tsx'
import { DryRunView } from './dry-run-view.tsx'
import { STARTING_POINT, STARTING_SAMPLE } from './starting-point.ts'
import { useDryRun, useIssues, type Sample } from './use-tried.ts'

const SETTLE_MS = 350

/** One mapping beside a sample: what is wrong with it, what it makes of the sample, how it differs from the version before. */
export function MappingEditor({ name, all }: { name: string; all: Mappings }) {
  const [search] = useSearchParams()
  const version = search.get('version')
  const letterId = search.get('letter')
  const fresh = name === 'new'
  const detail = useAnswer(
    'MappingDetail',
    `/v1/mappings/${encodeURIComponent(name)}`,
    { version: version ?? undefined },
    { enabled: !fresh },
  )
  const letter = useAnswer('Letter', `/v1/dead-letters/${letterId ?? ''}`, {}, { enabled: letterId !== null })
  const editor = (of: MappingDetail | null, sample: Letter | null) => (
    <Editor key={`${of?.version ?? 0} ${sample?.id ?? ''}`} of={of} letter={sample} all={all} />
  )
  if (letterId !== null)
    return (
      <Shown of={letter}>{(one) => (fresh ? editor(null, one) : <Shown of={detail}>{(of) => editor(of, one)}</Shown>)}</Shown>
    )
  return fresh ? editor(null, null) : <Shown of={detail}>{(of) => editor(of, null)}</Shown>
}

type Props = { of: MappingDetail | null; letter: Letter | null; all: Mappings }

function Editor({ of, letter, all }: Props) {
  const admin = useSession().scopes.includes('admin')
  const navigate = useNavigate()
  const address = useAddress()
  const setParameters = useSetParameters()
  const saved = of === null ? jsonText(STARTING_POINT) : jsonText(of.body)
  const [text, setText] = useState(saved)
  const [target, setTarget] = useState(of === null || of.pack ? '' : of.name)
  const [sample, setSample] = useState(() => firstSample(of, letter, all))
  const [comparing, setComparing] = useState(false)
  const [settledText] = useDebouncedValue(text, SETTLE_MS)
  const [settledSample] = useDebouncedValue(sample, SETTLE_MS)
  const parsed = parse(settledText)
  const issues = useIssues(parsed.body)
  const tried = useDryRun(parsed.body, settledSample)
  const newest = all.mappings.find((one) => one.name === target && !one.pack)?.version ?? 0
  const save = useAct('MappingDetail', () => ({
    path: `/v1/mappings/${encodeURIComponent(target.trim())}`,
    body: { body: { ...parse(text).body, name: target.trim() }, expected_version: newest },
  }))
  const wrong = parsed.problem === null ? (issues.data?.issues ?? []) : [{ path: '', message: parsed.problem }]
  const dirty = text !== saved
  return (
    <div className="stack">
      <div className="detail-head">
        <ScopedLink to="/data/mappings">Mappings</ScopedLink>
        <h2>{of === null ? 'New mapping' : titleOf(of)}</h2>
        {of !== null && <span className="mono dim">{of.name}</span>}
        {of?.pack === true && <span className="chip">ships; save a copy to change it</span>}
        <span style={{ flex: 1 }} />
        {of !== null && of.versions.length > 1 && (
          <NativeSelect
            size="xs"
            aria-label="Version"
            value={String(of.version)}
            onChange={(event) => setParameters({ version: event.currentTarget.value })}
            data={of.versions.map(({ version, created_at }) => ({
              value: String(version),
              label: created_at === null ? `Version ${version}` : `Version ${version}, ${instant(created_at)}`,
            }))}
          />
        )}
        <Button
          size="xs"
          variant={comparing ? 'light' : 'default'}
          aria-pressed={comparing}
          onClick={() => setComparing(!comparing)}
        >
          Differences
        </Button>
      </div>
      {comparing && <Comparison of={of} saved={saved} text={text} />}
      <div className="mapping-editor">
        <Panel
          title="Mapping"
          note={dirty ? 'changed, not saved' : undefined}
          aside={<Verdict count={wrong.length} known={issues.isSuccess || parsed.problem !== null} />}
        >
          <Textarea
            className="mono-input"
            aria-label="Mapping as JSON"
            value={text}
            onChange={(event) => setText(event.currentTarget.value)}
            autosize
            minRows={24}
            maxRows={40}
            spellCheck={false}
          />
          {issues.isError && <Fault error={issues.error} />}
          {wrong.length > 0 && (
            <ul className="issues" aria-label="What is wrong with the mapping">
              {wrong.map(({ path, message }) => (
                <li key={`${path} ${message}`}>
                  {path !== '' && <span className="mono">{path}</span>} {message}
                </li>
              ))}
            </ul>
          )}
          {admin && (
            <form
              className="row save-mapping"
              onSubmit={(event) => {
                event.preventDefault()
                save.mutate(undefined, {
                  onSuccess: ({ name }) => void navigate(address(`/data/mappings/${encodeURIComponent(name)}`)),
                })
              }}
            >
              {(of === null || of.pack) && (
                <TextInput
                  size="xs"
                  aria-label="Name of the mapping"
                  placeholder="Name, such as coupa-invoices"
                  value={target}
                  onChange={(event) => setTarget(event.currentTarget.value)}
                  required
                />
              )}
              <Button
                size="xs"
                type="submit"
                loading={save.isPending}
                disabled={wrong.length > 0 || target.trim() === '' || (!dirty && of !== null && !of.pack)}
              >
                {newest === 0 ? 'Save' : `Save as version ${newest + 1}`}
              </Button>
              {dirty && (
                <Button size="xs" variant="subtle" onClick={() => setText(saved)}>
                  Take the changes back
                </Button>
              )}
              {letter !== null && (
                <ScopedLink to="/data/dead-letters" with={{ letter: letter.id }}>
                  Back to the letter, to replay it
                </ScopedLink>
              )}
            </form>
          )}
          {save.isError && <Fault error={save.error} />}
        </Panel>
        <div className="stack">
          <SamplePanel sample={sample} letter={letter} all={all} onChange={setSample} />
          <Panel title="What becomes of it" note="tried as you type; nothing is stored">
            {tried.isError && <Fault error={tried.error} />}
            {sample.text === '' ? (
              <p className="dim" style={{ margin: 0 }}>
                Paste a record above.
              </p>
            ) : (
              tried.data !== undefined && <DryRunView of={tried.data} />
            )}
          </Panel>
        </div>
      </div>
    </div>
  )
}

function Verdict({ count: size, known }: { count: number; known: boolean }) {
  if (!known) return null
  return size === 0 ? <StateChip tone="good">valid</StateChip> : <StateChip tone="bad">{counted(size, 'mistake')}</StateChip>
}

type SampleProps = { sample: Sample; letter: Letter | null; all: Mappings; onChange: (sample: Sample) => void }

function SamplePanel({ sample, letter, all, onChange }: SampleProps) {
  return (
    <Panel
      title="Sample"
      note={letter === null ? 'a record as the source sends it' : `dead letter of ${instant(letter.received_at)}`}
      aside={
        <NativeSelect
          size="xs"
          aria-label="Format"
          value={sample.format}
          onChange={(event) => onChange({ ...sample, format: event.currentTarget.value })}
          data={all.formats.filter(({ mapping }) => mapping !== 'none').map(({ name, title }) => ({ value: name, label: title }))}
        />
      }
    >
      <Textarea
        className="mono-input"
        aria-label="Sample record"
        placeholder={sample.encoding === 'base64' ? undefined : '{ "invoice": { "number": "INV-1001" } }'}
        value={sample.text}
        onChange={(event) => onChange({ ...sample, text: event.currentTarget.value })}
        autosize
        minRows={8}
        maxRows={18}
        spellCheck={false}
      />
      {sample.encoding === 'base64' && <p className="dim form-note">The record is no text; it is shown and sent as base64.</p>}
    </Panel>
  )
}

/** The text in the editor against what is saved, and the version shown against the one before. */
function Comparison({ of, saved, text }: { of: MappingDetail | null; saved: string; text: string }) {
  const before = of?.versions.find(({ version }) => version < of.version)?.version
  const former = useAnswer(
    'MappingDetail',
    `/v1/mappings/${encodeURIComponent(of?.name ?? '')}`,
    { version: before },
    { enabled: before !== undefined },
  )
  return (
    <>
      {text !== saved && (
        <Panel title="Changes since it was saved">
          <DiffView former={saved} present={text} label="Changes since it was saved" />
        </Panel>
      )}
      {of !== null && before !== undefined && (
        <Panel title={`Version ${of.version} against version ${before}`}>
          <Shown of={former}>
            {({ body }) => (
              <DiffView former={jsonText(body)} present={saved} label={`Version ${of.version} against version ${before}`} />
            )}
          </Shown>
        </Panel>
      )}
      {text === saved && before === undefined && (
        <Panel title="Differences">
          <p className="dim" style={{ margin: 0 }}>
            There is no version before this one, and nothing has been changed.
          </p>
        </Panel>
      )}
    </>
  )
}

function firstSample(of: MappingDetail | null, letter: Letter | null, all: Mappings): Sample {
  const fallback = all.formats.find(({ mapping }) => mapping === 'needed')?.name ?? 'mapped-json'
  if (letter === null)
    return { text: of === null ? jsonText(STARTING_SAMPLE) : '', encoding: 'text', headers: {}, format: fallback }
  return {
    text: letter.raw,
    encoding: letter.encoding === 'base64' ? 'base64' : 'text',
    headers: letter.headers,
    format: all.formats.some(({ name }) => name === letter.format) ? letter.format : fallback,
  }
}

function titleOf({ name, body: { title } }: MappingDetail): string {
  return typeof title === 'string' && title !== '' ? title : name
}

function parse(text: string): { body: Record<string, unknown> | undefined; problem: string | null } {
  try {
    const body: unknown = JSON.parse(text)
    if (typeof body !== 'object' || body === null || Array.isArray(body))
      return { body: undefined, problem: 'A mapping is a JSON object.' }
    return { body: body as Record<string, unknown>, problem: null }
  } catch (error) {
    return { body: undefined, problem: `This is no JSON: ${error instanceof Error ? error.message : String(error)}` }
  }
}
