import { Button, NativeSelect, TagsInput, TextInput } from '@mantine/core'
import { useState } from 'react'
import type { System } from '../../../api/contract/systems.ts'
import { documentLink, linkTemplateProblem, webAddressProblem } from '../../../model/system-link.ts'
import { SYSTEM_CLASSES } from '../../../model/vocabulary.ts'
import { useAct } from '../../answers.ts'
import { words } from '../../format.ts'
import { Dialog, DialogActions } from '../../parts/dialog.tsx'
import { Fault } from '../../parts/states.tsx'

type Props = { id: string; of: System | undefined; onClose: () => void }

/** Registers a system or changes it: who answers for it, where its runbook is, how its documents are opened. */
export function SystemForm({ id: given, of, onClose }: Props) {
  const [values, setValues] = useState({
    id: of?.id ?? given,
    name: of?.name ?? given,
    class: of?.class ?? SYSTEM_CLASSES[0],
    owner: of?.owner ?? '',
    vendor: of?.vendor ?? '',
    runbook_url: of?.runbook_url ?? '',
    link_template: of?.link_template ?? '',
  })
  const [aliases, setAliases] = useState<string[]>(of?.aliases ?? [])
  const orNull = (text: string): string | null => (text.trim() === '' ? null : text.trim())
  const save = useAct('System', () => {
    const told = {
      name: values.name.trim(),
      class: values.class,
      owner: orNull(values.owner),
      vendor: orNull(values.vendor),
      runbook_url: orNull(values.runbook_url),
      link_template: orNull(values.link_template),
      aliases,
    }
    return of === undefined
      ? { path: '/v1/systems', body: { id: values.id.trim(), ...told } }
      : { method: 'PATCH', path: `/v1/systems/${encodeURIComponent(of.id)}`, body: told }
  })
  const remove = useAct('System', () => ({ method: 'DELETE', path: `/v1/systems/${encodeURIComponent(of?.id ?? '')}` }))
  const set = (name: keyof typeof values) => (event: { currentTarget: { value: string } }) =>
    setValues({ ...values, [name]: event.currentTarget.value })
  const badTemplate = values.link_template === '' ? null : linkTemplateProblem(values.link_template)
  const badRunbook = values.runbook_url === '' ? null : webAddressProblem(values.runbook_url)
  const example = documentLink({ link_template: orNull(values.link_template) }, 'invoice', 'INV-1001')
  return (
    <Dialog title={of === undefined ? 'Register a system' : `Edit ${of.name}`} opened onClose={onClose} size="42rem">
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault()
          save.mutate(undefined, { onSuccess: onClose })
        }}
      >
        <div className="form-grid">
          <TextInput
            label="Id"
            description="As events and calls name it"
            placeholder="sap-eu"
            value={values.id}
            onChange={set('id')}
            required
            disabled={of !== undefined}
          />
          <TextInput label="Name" placeholder="SAP S/4HANA Europe" value={values.name} onChange={set('name')} required />
          <NativeSelect
            label="Class"
            value={values.class}
            onChange={set('class')}
            data={SYSTEM_CLASSES.map((value) => ({ value, label: words(value) }))}
          />
          <TextInput label="Vendor" placeholder="SAP" value={values.vendor} onChange={set('vendor')} />
          <TextInput label="Owner" placeholder="Finance systems team" value={values.owner} onChange={set('owner')} />
          <TextInput
            label="Runbook"
            placeholder="https://wiki.example.com/sap-eu"
            value={values.runbook_url}
            onChange={set('runbook_url')}
            error={badRunbook}
          />
        </div>
        <TextInput
          label="Link to a document in it"
          description="An address with {id}, and {type} where it is part of it"
          placeholder="https://sap.example.com/ui#{type}-display?id={id}"
          value={values.link_template}
          onChange={set('link_template')}
          error={badTemplate}
        />
        {example !== null && (
          <p className="dim form-note">
            Invoice INV-1001 opens at <span className="mono">{example}</span>
          </p>
        )}
        <TagsInput
          label="Other names"
          description="Service names and hosts by which telemetry calls it"
          placeholder="Type a name and press Enter"
          value={aliases}
          onChange={setAliases}
        />
        {(save.isError || remove.isError) && <Fault error={save.error ?? remove.error} />}
        <DialogActions
          onCancel={onClose}
          loading={save.isPending}
          disabled={badTemplate !== null || badRunbook !== null}
          aside={
            of !== undefined && (
              <Button
                variant="subtle"
                color="red"
                loading={remove.isPending}
                onClick={() => remove.mutate(undefined, { onSuccess: onClose })}
              >
                Take it out of the registry
              </Button>
            )
          }
        >
          {of === undefined ? 'Register it' : 'Save'}
        </DialogActions>
      </form>
    </Dialog>
  )
}
