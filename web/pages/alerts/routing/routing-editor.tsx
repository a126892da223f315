import { Button, SegmentedControl } from '@mantine/core'
import { useState } from 'react'
import type { RoutingView } from '../../../../api/contract/routing.ts'
import { useAct } from '../../../answers.ts'
import { DiffView } from '../../../parts/diff-view.tsx'
import { Panel } from '../../../parts/panel.tsx'
import { Fault } from '../../../parts/states.tsx'
import { useSession } from '../../../session.ts'
import { Problems } from '../problems.tsx'
import { WhyInput } from '../why-input.tsx'
import { YamlInput } from '../yaml-input.tsx'
import { draftText, readDraft } from '../rules/draft-text.ts'
import { PreviewPanel } from './preview-panel.tsx'
import { RoutingFields } from './routing-fields.tsx'

/** The routing as a form or as YAML, to be tried before it is kept. */
export function RoutingEditor({ of: present, onSaved }: { of: RoutingView; onSaved: () => void }) {
  // What somebody else keeps meanwhile is a conflict, and not what was changed here.
  const [of] = useState(present)
  const admin = useSession().scopes.includes('admin')
  const saved = draftText(of.routing)
  const [text, setText] = useState(saved)
  const [view, setView] = useState<'form' | 'yaml' | 'change'>('form')
  const [note, setNote] = useState('')
  const { draft, problem } = readDraft(text)
  const save = useAct('RoutingView', () => ({
    path: '/v1/routing',
    body: { routing: draft, version: of.version, note: note.trim() },
  }))
  const isDirty = text !== saved
  return (
    <>
      <Panel
        title="Change the routing"
        note={isDirty ? 'changed, not saved' : undefined}
        aside={
          <SegmentedControl
            size="xs"
            aria-label="Shown as"
            value={view}
            onChange={setView}
            data={[
              { value: 'form', label: 'Form' },
              { value: 'yaml', label: 'YAML' },
              { value: 'change', label: 'What changes' },
            ]}
          />
        }
      >
        <form
          className="stack"
          onSubmit={(event) => {
            event.preventDefault()
            save.mutate(undefined, { onSuccess: onSaved })
          }}
        >
          {view === 'form' && draft !== undefined && (
            <RoutingFields of={draft} set={(changes) => setText(draftText({ ...draft, ...changes }))} />
          )}
          {view === 'change' && <DiffView former={saved} present={text} label="What the draft changes" />}
          {(view === 'yaml' || (view === 'form' && draft === undefined)) && (
            <YamlInput label="The routing as YAML, as it stands in rules as code" value={text} onChange={setText} />
          )}
          <Problems
            of={problem === null ? [] : [{ code: 'no_yaml', message: problem, level: 'error' }]}
            label="What is wrong with the routing"
          />
          {admin && (
            <div className="row rule-save">
              <WhyInput value={note} onChange={setNote} />
              <Button size="xs" type="submit" loading={save.isPending} disabled={!isDirty || draft === undefined}>
                Save as version {of.version + 1}
              </Button>
              {isDirty && (
                <Button size="xs" variant="subtle" onClick={() => setText(saved)}>
                  Take the changes back
                </Button>
              )}
            </div>
          )}
          {save.isError && <Fault error={save.error} />}
        </form>
      </Panel>
      <PreviewPanel routing={isDirty ? draft : undefined} />
    </>
  )
}
